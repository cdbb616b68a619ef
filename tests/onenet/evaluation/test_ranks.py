import numpy as np

from onenet.evaluation.ranks import ranks, ranks_by_score, recall_figures


def test_ranks_worked_out_by_hand() -> None:
    photos = np.array([[1, 0], [0, 1], [-1, 0]], dtype=np.float32)
    queries = np.array([[1, 0], [0.8, 0.6], [0.6, 0.8]], dtype=np.float32)
    found = ranks(queries, photos, np.array([0, 1, 2]))
    assert found.tolist() == [1, 2, 3]
    assert recall_figures(found) == {"R@1": 33.33, "R@5": 100.0, "R@10": 100.0, "median_rank": 2.0}


def test_ranks_by_score_count_only_what_is_better() -> None:
    scores = np.array([[3, 3, 1], [3, 3, 1]], dtype=np.float32)
    assert ranks_by_score(scores, np.array([1, 2])).tolist() == [1, 3]


def test_recall_at_the_borders() -> None:
    figures = recall_figures(np.array([1, 5, 6, 10, 11]))
    assert figures == {"R@1": 20.0, "R@5": 40.0, "R@10": 80.0, "median_rank": 6.0}
