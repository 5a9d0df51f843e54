"""The CPU time of a tree whose members come and go."""

from capacity.monitors.process_cpu import CpuTimes, ProcessKey, TreeCpu, growth_of_busiest

ROOT: ProcessKey = (1, 10.0)
CHILD: ProcessKey = (2, 11.0)
SAME_ID: ProcessKey = (2, 15.0)


def test_what_was_used_before_the_first_look_does_not_count() -> None:
    """The growth begins with the first look, over all members."""
    cpu = TreeCpu()

    assert cpu.begin({ROOT: CpuTimes(5.0, 3.0), CHILD: CpuTimes(2.0, 0.0)}) == 0.0
    assert cpu.add({ROOT: CpuTimes(5.5, 3.0), CHILD: CpuTimes(2.25, 0.0)}) == 0.75


def test_a_child_that_ended_adds_what_it_used_after_the_last_look() -> None:
    """Its 2.6 s come back through its parent; 2.0 of them had been seen."""
    cpu = TreeCpu()
    cpu.begin({ROOT: CpuTimes(5.0, 3.0), CHILD: CpuTimes(2.0, 0.0)})

    assert round(cpu.add({ROOT: CpuTimes(5.0, 5.6)}), 9) == 0.6


def test_a_child_that_its_parent_does_not_wait_for_takes_nothing_back() -> None:
    """Its last stretch is unknown; what it was seen to use stays."""
    cpu = TreeCpu()
    cpu.begin({ROOT: CpuTimes(5.0, 0.0), CHILD: CpuTimes(0.0, 0.0)})
    cpu.add({ROOT: CpuTimes(5.0, 0.0), CHILD: CpuTimes(2.0, 0.0)})

    assert cpu.add({ROOT: CpuTimes(5.5, 0.0)}) == 2.5


def test_a_new_process_has_used_all_of_its_time_since() -> None:
    """Also one that was given the id of another, and the grandchildren it has waited for."""
    cpu = TreeCpu()
    cpu.begin({ROOT: CpuTimes(0.0, 0.0), CHILD: CpuTimes(2.0, 0.0)})

    assert cpu.add({ROOT: CpuTimes(0.0, 2.0), SAME_ID: CpuTimes(0.5, 0.25)}) == 0.75


def test_another_tree_begins_at_its_own_count() -> None:
    """The sum goes on; what the new tree used before it was watched does not count."""
    cpu = TreeCpu()
    cpu.begin({ROOT: CpuTimes(0.0, 0.0)})
    cpu.add({ROOT: CpuTimes(1.0, 0.0)})

    assert cpu.begin({CHILD: CpuTimes(9.0, 0.0)}) == 1.0
    assert cpu.add({CHILD: CpuTimes(9.5, 0.0)}) == 1.5


def test_the_busiest_thread_is_the_one_that_grew_most() -> None:
    """Not the one with most time in all; a new one counts from its birth."""
    first = {(ROOT, 1): 50.0, (ROOT, 2): 1.0}
    last = {(ROOT, 1): 50.5, (ROOT, 2): 1.2, (ROOT, 3): 0.7}

    assert growth_of_busiest(first, last) == ((ROOT, 3), 0.7)
    assert growth_of_busiest(first, {}) is None


def test_a_thread_id_given_away_again_counts_from_its_birth() -> None:
    """Its time is below that of the former thread."""
    assert growth_of_busiest({(ROOT, 2): 5.0}, {(ROOT, 2): 0.25}) == ((ROOT, 2), 0.25)
