"""The Knative v1 API of Cloud Run, which `gcloud run` speaks: another writing of the v2 messages in the store."""
