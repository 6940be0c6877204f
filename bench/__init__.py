"""`make bench`: each workload beside its limit on the same machine, in the same run."""
