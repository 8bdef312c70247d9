"""What a scenario says about the network, as the network takes it: options and the conditions of links, in nanoseconds.

Source: interfaces.md section 3 ([network]).
"""

from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.ssp_sim.fabric import LinkConditions
from ain_scp.ssp_sim.nodes.switch_settings import SwitchTimers
from ain_scp.ssp_sim.nodes.trunks import Outage
from ain_scp.ssp_sim.scenario import LinkBehaviour, Scenario
from ain_scp.ssp_sim.topology import NetworkOptions
from ain_scp.terms.units import MS_NS, SECOND_NS

FOREVER = 1 << 62


def conditions_of(link: LinkBehaviour) -> LinkConditions:
    """What a link does to its messages."""
    return LinkConditions(
        delay_ns=round(link.delay_ms * MS_NS),
        jitter_ns=round(link.jitter_ms * MS_NS),
        loss=link.loss,
        duplication=link.duplicate,
        reordering=link.reorder,
        reordering_delay_ns=round(link.reorder_ms * MS_NS),
        down=tuple((w.from_ns, w.until_ns if w.until_ns is not None else FOREVER) for w in link.down),
        messages_per_second=link.messages_per_second,
        queue_limit=link.queue_limit,
    )


def options_of(scenario: Scenario, snapshot: Snapshot | None = None) -> NetworkOptions:
    """What the scenario says about switches, trunks and signal transfer points; where calls are charged the snapshot, too."""
    network = scenario.network
    charging = None if snapshot is None else snapshot.charging
    lead_s = 10 if charging is None else charging.options.warning_lead_s
    return NetworkOptions(
        stps=network.stps,
        mates=network.mates,
        timers=SwitchTimers(
            t1_response=network.t1_ms * MS_NS,
            interdigit=network.interdigit_ms * MS_NS,
            first_digit=network.first_digit_ms * MS_NS,
            no_answer=network.no_answer_ms * MS_NS,
            announcement=network.announcement_ms * MS_NS,
            charge_lead=lead_s * SECOND_NS,
        ),
        members=dict(network.members),
        private_members=network.trunk_members,
        public_members=network.public_members,
        serves=dict(network.serves),
        answers_to_lose=dict(network.lose_answers_to),
        ported_out=network.ported_out,
        np_carriers=network.np_carriers,
        outages=tuple(
            Outage(
                facility,
                busy.window.from_ns,
                busy.window.until_ns if busy.window.until_ns is not None else FOREVER,
            )
            for busy in network.busy
            for facility in busy.facilities
        ),
    )
