"""The state of the embedded cloud and what happens in it.

store        resources as Google's own messages
cloud        everything that belongs to one running sandbox
errors       API errors with a gRPC code and Google's details
operations   long-running operations
reads        get and list of what is only stored (Run v2)
registry     Artifact Registry;  the manifests of its images are in `wire/manifests.py`
logging_api  Cloud Logging;  logbook: its entries;  logfilter: its query language
iam          IAM policies and permissions;  identities: whom a token speaks for and what that one may do
packages     client packages that an installation may lack
faults       planted misbehaviour
run_*        Cloud Run: services, reconciler, revisions, instances, traffic, jobs, executions, tasks, their logs
ingress      addresses of services;  frontend: what Google does before a request reaches a container
secrets      Secret Manager;  secret_versions: their versions and what they hold
builds       Cloud Build;  build_*: triggers, source, steps, log, substitutions, filter, and the run of a build
storage      Cloud Storage for source archives;  buckets: its files
machine      processes, images, instances, listeners and chance of one cloud;  planted: faults beside requests
"""
