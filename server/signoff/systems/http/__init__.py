"""HTTP as users speak it: one request, its answer or why there is none."""
