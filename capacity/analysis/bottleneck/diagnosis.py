"""What limits the service? The one entry point: run and findings go in, a Diagnosis comes out."""

from collections.abc import Mapping, Sequence

from capacity.analysis.bottleneck.case import Case, make_case
from capacity.analysis.bottleneck.catalogue import CLASSES
from capacity.analysis.bottleneck.exonerate import acquit
from capacity.analysis.bottleneck.experiments import experiment_for
from capacity.analysis.bottleneck.order import movers
from capacity.analysis.bottleneck.ranking import ranked
from capacity.model.bottleneck import Candidate, Diagnosis, DiagnosisState
from capacity.model.findings import Capacity, Knee, NoCapacity, NoKnee
from capacity.model.run import Run

_STATES: Mapping[str | None, DiagnosisState] = {
    "generator": DiagnosisState.GENERATOR,
    "no_limit": DiagnosisState.NO_LIMIT,
}


def diagnose(run: Run, knee: Knee | NoKnee, capacity: Capacity | NoCapacity) -> Diagnosis:
    """Name the bottleneck of a finished run, or say that it is not known."""
    case = make_case(run, knee, capacity)
    candidates, accompanying = ranked(case, CLASSES)
    acquittal = acquit(case, (*candidates, *accompanying))
    state = _state(case, candidates)
    return Diagnosis(
        state=state,
        candidates=candidates,
        accompanying=accompanying,
        movers=movers(case, candidates),
        exonerated=acquittal.exonerated,
        not_observed=acquittal.not_observed,
        experiment=experiment_for(state, candidates),
        numbers=case.numbers,
        turn_level=case.level_at(case.turn),
        constancy_ratio=case.plateau_constancy_ratio,
    )


def _state(case: Case, candidates: Sequence[Candidate]) -> DiagnosisState:
    """What the first candidate is; one that blames the generator needs no step to be believed."""
    first = candidates[0].kind if candidates else None
    if first in _STATES:
        return _STATES[first]
    if not case.levels:
        return DiagnosisState.NOT_MEASURED
    return DiagnosisState.UNKNOWN if first is None else DiagnosisState.NAMED
