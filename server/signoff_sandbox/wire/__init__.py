"""Google's wire: one table of methods served over gRPC and REST."""
