"""What stands between the transports and the node: M3UA associations, towards STPs and of peers that come to us."""
