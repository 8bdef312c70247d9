"""The busy path: the same answers as the general node, for messages whose shape and whose kind of call are known."""
