"""The cap on evidence and what a worker left when it died."""

import pytest

from clerkwork import clock
from clerkwork.model.work.events import Event, Kind
from tests.fixtures_engine import MakeBench
from tests.integration.test_retention import done, kept, picture, plain, tidying


@pytest.mark.parametrize("died", [True, False])
def test_the_cap_takes_no_file_of_a_step_over_which_a_worker_died(
    make_bench: MakeBench, died: bool
) -> None:
    """Its files are the only evidence of the step; a postponed step does not count."""
    bench = make_bench(plain)
    (item_id,) = done(bench, "A-1")

    def tell(kind: Kind, attempt: int, step: str | None = None) -> None:
        run_id = bench.item(item_id).run_id
        bench.engine.core.log.write(
            Event(
                at=clock.now(),
                kind=kind,
                item_id=item_id,
                run_id=run_id,
                attempt=attempt,
                step=step,
            )
        )

    steps = [("first", 2), ("second", 2), ("third", 3), ("fourth", 3)]
    addresses = {}
    for step, attempt in steps:
        tell(Kind.STEP_STARTED, attempt, step)
        addresses[step] = picture(bench, item_id, step, attempt)
        if step != "second":
            tell(Kind.STEP_DONE, attempt, step)
        elif not died:
            tell(Kind.RUN_ENDED, attempt)
    tell(Kind.RUN_ENDED, 3)
    tidying(bench, evidence_max_gb=0).run(clock.now())
    wanted = {"first", "fourth"} | ({"second"} if died else set())
    assert {step for step, address in addresses.items() if address in kept(bench)} == wanted
