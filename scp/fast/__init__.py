"""The fast path: the same answers as the general node, for messages whose shape and whose kind of call are known.

Its words:

- shape (`shapes`): a message of which all but some places is known; a mask says what varies.
- door (`kinds`): what one class of callers reaches by one access code, one ASF-RTL host, or overflow.
- kind (`kinds`): the calls of one door to one class of called numbers, by bearer and length; all are decided alike.
- plain, crooked (`kinds`): the digits dialed are the number called, or they are not.
- form, template (`forms`, `template`): the answer to a kind of call, with holes for what depends on the single call.
- back (`backs`): where the answer goes.

"Short way" is this path, "general way" the node's own (`ain_scp.scp.node`), "innermost part" the compiled half (`core`).
"""
