"""What scale-out is held to: crews that fill the same number of workers, and costs told within their rounds."""

import json

from click.testing import CliRunner

from bench.scaleout import Cost, main, record


def test_each_crew_must_part_the_largest() -> None:
    """Three and four workers cannot keep a machine equally busy; nothing is started."""
    result = CliRunner().invoke(main, ["--workers", "3", "--workers", "4"])
    assert result.exit_code == 2
    assert "the largest must be a multiple of each other one; got [3, 4]" in result.output


def test_a_cost_is_told_beside_the_firsts_of_its_own_round() -> None:
    """The median of the rounds' ratios, not the ratio of medians: in each round both saw the same machine."""
    found = {1: [Cost(10.0, 5), Cost(40.0, 5), Cost(90.0, 5)], 4: [Cost(10.0, 5), Cost(20.0, 5), Cost(30.0, 5)]}
    assert json.loads(json.dumps(record(found)))["cost_vs_first"] == {"1": 1.0, "4": 0.5}
