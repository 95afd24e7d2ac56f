"""What makes the sandbox real: images from source, containers as processes, an ingress in front of them.

Nothing here knows Google's messages; the reconcilers in `world/` translate.

images         image folders by content digest
dockerfile     Dockerfile text -> instructions;  variables: its variable expansion
imagebuild     instructions + build context -> image;  context: COPY, ADD and .dockerignore
sources        git commits and uploaded archives -> workspace folders
process        child processes that never outlive the sandbox;  warden: the process that sees to it
containers     image + overrides -> argv, environment and folder of a process
instances      running containers of revisions, started on demand
lines          a line of output -> severity and payload
listeners      loopback addresses of services and tags;  proxy: one request on its way
"""
