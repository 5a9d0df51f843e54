"""Every query of every preset, on synthetic series that are as bad as real ones."""

import math
from collections import Counter

import pytest

from capacity.model.plan import KubernetesScope
from capacity.model.resources import Quantity, Samples
from capacity.presets import kubernetes
from capacity.presets.catalogue import PRESETS
from tests.presets import cases_edge, cases_kubernetes, cases_machine, cases_runtimes, cases_stores
from tests.presets.synthetic import Case, reading_of, rule_test, run_promtool

SCOPE = KubernetesScope("shop", ("deploy/web",), ("web-[a-z0-9]+",))
OPTIONS = {
    "ingress-nginx": {"namespace": "shop", "ingress": "web"},
    "go": {"job": "api"},
    "jvm": {"job": "api"},
    "python": {"job": "api"},
}
QUANTITIES: dict[str, Quantity] = {
    quantity.name: quantity
    for made in (
        kubernetes.quantities(SCOPE),
        *(preset.quantities(OPTIONS.get(word, {})) for word, preset in PRESETS.items()),
    )
    for quantity in made
}
CASES: tuple[Case, ...] = (
    *cases_kubernetes.CASES,
    *cases_stores.CASES,
    *cases_edge.CASES,
    *cases_machine.CASES,
    *cases_runtimes.CASES,
)
BY_ID = {case.id: case for case in CASES}


@pytest.fixture(scope="session")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What promtool says of each case."""
    texts = {case.id: rule_test(case, QUANTITIES[case.quantity]) for case in CASES}
    return run_promtool(tmp_path_factory.mktemp("promtool"), texts)


def test_every_quantity_has_a_case_and_every_case_its_own_name() -> None:
    """A query that no series was ever tried on is not shipped."""
    assert [name for name in QUANTITIES if name not in {case.quantity for case in CASES}] == []
    assert [name for name, count in Counter(case.id for case in CASES).items() if count > 1] == []


@pytest.mark.parametrize("case_id", BY_ID)
def test_promtool_finds_what_is_wanted(case_id: str, verdicts: dict[str, str]) -> None:
    """The shipped text has the wanted values, or selects the wanted series."""
    assert verdicts[case_id].strip() == "SUCCESS"


SAMPLED = [case.id for case in CASES if isinstance(QUANTITIES[case.quantity].source, Samples)]


@pytest.mark.parametrize("case_id", SAMPLED)
def test_the_reading_has_what_is_wanted(case_id: str) -> None:
    """The monitor reduces the same samples to the wanted values, or says why there is none."""
    case = BY_ID[case_id]
    quantity = QUANTITIES[case.quantity]
    assert isinstance(quantity.source, Samples)
    reading = reading_of(case, quantity, quantity.source)
    found = {member.subject: member.value for member in reading.members}
    assert case.want.keys() == found.keys(), reading.reason
    for subject, value in case.want.items():
        assert math.isclose(value, found[subject], rel_tol=1e-9, abs_tol=1e-12), subject
    assert reading.state is case.state
    assert case.says in reading.reason
    assert reading.may_stop is (bool(case.want) and case.may_stop)
