"""`ain lnp`: number portability at the command line."""
