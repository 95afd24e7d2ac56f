"""The state of the embedded cloud and what happens in it.

store        resources as Google's own messages
cloud        everything that belongs to one running sandbox
errors       API errors with a gRPC code and Google's details
operations   long-running operations
reads        get and list of everything that is only stored (Run v2, Cloud Build)
registry     Artifact Registry;  manifests: the Docker registry API
logging_api  Cloud Logging;  logbook: its entries;  logfilter: its query language
iam          IAM policies and permissions
faults       planted misbehaviour
run_*, builds   what changes resources: deploys, executions, builds
"""
