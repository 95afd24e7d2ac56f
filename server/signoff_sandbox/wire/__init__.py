"""Google's wire: one table of methods served over gRPC and REST.

table        the methods of the gRPC table (`rpcs.json`);  discovery: Google's names of HTTP methods (`discovery.json`)
dispatch     from a method's name to its handler;  visits: a call of an HTTP method beside the table (`paths`)
modelled     what is modelled, method by method
effects/     what planted faults do to answers
grpc_server  gRPC;  rest: REST, and gcloud's proxy;  authentication: who calls
"""
