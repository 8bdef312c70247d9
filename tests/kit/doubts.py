"""What makes a node believe that a switch cannot be reached: messages of the network, and of another switch about it."""

from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.m3ua import MessageKind
from ain_scp.signaling.m3ua.structs import AffectedPointCode
from ain_scp.signaling.sccp.management import Management, ManagementKind, management_unit_data
from kit.query import SCP, SSP

OTHER = SSP + 1
DOUBTS = {
    "SSP": lambda: m3ua.data(
        OTHER,
        SCP,
        3,
        2,
        0,
        5,
        sccp.encode(management_unit_data(Management(ManagementKind.SSP, 250, SSP), SCP, OTHER)),
        100,
    ),
    "DUNA": lambda: m3ua.encode(
        m3ua.Message(MessageKind.DUNA, affected_point_codes=(AffectedPointCode(SSP),))
    ),
    "SCON": lambda: m3ua.encode(
        m3ua.Message(MessageKind.SCON, affected_point_codes=(AffectedPointCode(SSP),), congestion_level=2)
    ),
}
