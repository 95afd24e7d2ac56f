"""The state of the embedded cloud and what happens in it.

store        resources as Google's own messages
cloud        everything that belongs to one running sandbox
errors       API errors with a gRPC code and Google's details
operations   long-running operations
reads        get and list of what is only stored (Run v2)
registry     Artifact Registry: images and repositories;  registry_reads, registry_writes: its methods;
             the manifests of its images are in `wire/manifests.py`
logging_api  Cloud Logging;  logbook: its entries;  logfilter: its query language
iam          IAM policies and permissions;  identities: whom a token speaks for and what that one may do
packages     client packages that an installation may lack
faults       planted misbehaviour: whom it strikes and how often;  fault_keys: what its keys may hold;
             callers: who calls;  past: what a stale read sees;  planted: errors, and faults beside requests
policies     IAM policies by resource, kept in the store
run_*        Cloud Run: services, reconciler, revisions, instances, traffic, jobs, executions, tasks, their logs
ingress      addresses of services;  frontend: what Google does before a request reaches a container;
             load_balancer: how it knows that one sent the request
scheduler    Cloud Scheduler;  scheduler_*: its cron, its clock, and the attempts that its jobs make
secrets      Secret Manager;  secret_versions: their versions and what they hold
builds       Cloud Build;  build_*: how a build is made, queued, run and attested, its source, steps and log, and the
             tools that its steps call
build_triggers  triggers and the pushes that fire them;  trigger_source: what one watches;  trigger_runs: what it builds
git_remotes  where a repository lies that is named by its public address
container_analysis  Container Analysis: the provenance of images
storage      Cloud Storage for source archives and build logs;  storage_uploads;  buckets: its files
google_json  Google's REST JSON of a message
machine      processes, images, instances, listeners and chance of one cloud
"""
