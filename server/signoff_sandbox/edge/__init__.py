"""A real nginx in front of the services of a running sandbox, as a load balancer is in front of Cloud Run."""
