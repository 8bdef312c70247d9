"""Known shapes: a message like one read before means what that one meant, and one like one written before is written alike.

`layout` says where things stand in a message that the general codec has accepted, `known` remembers messages by all their
octets but those that vary, `holes` are octets with places to be filled. What is learned is learned from the general codec.

Source: performance.md section 2 ("The known-shape trick").
"""
