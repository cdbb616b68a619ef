from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import onenet
from onenet.conversation import SearchState
from onenet.engine import Engine
from onenet.errors import DescriptionError
from onenet.network.checkpoint import load_checkpoint, record_figures, save_checkpoint
from onenet.network.model import OneNet
from onenet.network.special_words import END_ID, START_ID
from onenet.network.vocabulary import Vocabulary
from onenet.search import ImageIndex, PhotoRecord, SearchResult, WordsQuery, update_index
from onenet.search.likeness import nearest_different
from onenet.search.ranking import CANDIDATES, HUBNESS_WEIGHT
from onenet.search.reranking import rank_photos
from onenet.search.spread import Spread, spread_beside
from onenet.serving.decoder import Decoder, Sentences
from onenet.serving.weights import Floats
from onenet.teaching import Lexicon
from tests.onenet.drawn import draw


@pytest.fixture
def file(tmp_path: Path, model: OneNet, vocabulary: Vocabulary) -> Path:
    path = tmp_path / "net.safetensors"
    save_checkpoint(path, model, vocabulary, {"encoder": "efficientnet_lite0"})
    return path


@pytest.fixture
def engine(file: Path) -> Engine:
    return Engine(load_checkpoint(file))


@pytest.fixture
def index(engine: Engine, tmp_path: Path) -> ImageIndex:
    """Thirty files with representations that no photo has."""
    records = []
    for number in range(30):
        (tmp_path / f"{number}.jpg").touch()
        records.append(PhotoRecord(str(tmp_path / f"{number}.jpg"), 0, number))
    index = ImageIndex(engine.fingerprint, dimensions=16)
    index.add(records, np.random.default_rng(0).standard_normal((30, 16)))
    return index


def test_the_package_gives_the_engine_and_nothing_that_it_has_not() -> None:
    assert onenet.Engine is Engine
    assert not hasattr(onenet, "Motor")


def test_photos_become_representations_and_captions(engine: Engine) -> None:
    photos = [draw("red", 1), draw("blue", 2), draw("green", 3)]
    together = engine.represent(photos)
    assert together.shape == (3, 16)
    assert together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for row, photo in enumerate(photos):
        assert np.allclose(engine.represent([photo])[0], together[row], atol=1e-4)
    captions = engine.caption(together, beam_size=3, n=2)
    assert [len(found) for found in captions] == [2, 2, 2]
    assert engine.caption(together, beam_size=3, n=2) == captions


def test_no_photo_at_all(engine: Engine) -> None:
    assert engine.represent([]).shape == (0, 16)
    assert engine.caption(engine.represent([])) == []


def test_imagining_is_deterministic_and_batched_is_one_by_one(engine: Engine) -> None:
    descriptions = ["a dog runs through snow", "two boys play", "Ball!"]
    together = engine.imagine_all(descriptions)
    for description, found in zip(descriptions, together, strict=True):
        alone = engine.imagine(description)
        assert isinstance(found, WordsQuery)
        assert np.allclose(found.representation, alone.representation, atol=1e-4)
        assert (found.imagined, found.description) == (alone.imagined, description)
        assert found.token_ids == alone.token_ids


def test_a_description_is_known_by_the_words_that_were_read(engine: Engine, vocabulary: Vocabulary) -> None:
    found = engine.imagine("A purple dog RUNS!")
    words = [vocabulary.id_of(word) for word in ("a", "dog", "runs")]
    assert found.token_ids == (START_ID, *words, END_ID)


def test_words_never_read_are_left_out_and_named(engine: Engine) -> None:
    found = engine.imagine("a purple dog, a PURPLE zebra")
    assert found.unknown_words == ("purple", "zebra")
    assert np.allclose(found.representation, engine.imagine("a dog a").representation)


@pytest.mark.parametrize(
    ("description", "sentence"),
    [
        ("", "Describe a photo"),
        ("  ...!? ", "Describe a photo"),
        ("🐕🐕", "Describe a photo"),
        ("собака бежит", "I never read “собака”, “бежит”"),
        ("dog " * 1000, "has 1000 words; shorten it to 50"),
        ("x" * 4000, "I never read"),
        ("<unk> <start>", "I never read"),
    ],
)
def test_descriptions_that_cannot_be_searched(engine: Engine, description: str, sentence: str) -> None:
    with pytest.raises(DescriptionError, match=sentence) as caught:
        engine.imagine(description)
    assert len(str(caught.value)) < 300


def test_one_bad_description_among_many(engine: Engine) -> None:
    first, second, third = engine.imagine_all(["a dog", "", "snow"])
    assert isinstance(first, WordsQuery)
    assert isinstance(second, DescriptionError)
    assert isinstance(third, WordsQuery)


def test_it_works_in_another_thread(engine: Engine) -> None:
    import threading

    found: list[WordsQuery] = []
    with torch.no_grad():
        thread = threading.Thread(target=lambda: found.append(engine.imagine("a dog")))
        thread.start()
        thread.join()
    assert found[0].imagined == engine.imagine("a dog").imagined


def test_prepared_photos_are_represented_as_they_are(engine: Engine) -> None:
    photos = [draw(colour, number, (40 + number, 30)) for number, colour in enumerate(["red", "green"])]
    expected = engine.represent(photos)
    assert np.array_equal(engine.represent([engine.prepare(photo) for photo in photos]), expected)
    assert np.array_equal(engine.represent([photos[0], engine.prepare(photos[1])]), expected)


def test_warmed_up_it_answers_as_before(engine: Engine, file: Path) -> None:
    warm = Engine.load(file)
    steps = list(warm.warm_up())
    assert len(steps) >= 5  # each is short, so that a question can come between
    photo = draw("red", 1)
    assert np.array_equal(warm.represent([photo]), engine.represent([photo]))
    assert warm.imagine("a dog").imagined == engine.imagine("a dog").imagined


def test_a_folder_is_indexed_and_searched(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, colour in enumerate(["red", "green", "blue"]):
        draw(colour, number).save(folder / f"{colour}.png")
    index = ImageIndex(engine.fingerprint, dimensions=16)
    steps = list(
        update_index(index, folder, engine.represent, prepare=engine.prepare, path=None, batch_size=2)
    )
    assert steps[-1].done == steps[-1].total == 3
    own = engine.represent([draw("green", 1)])[0]
    assert Path(index.search(own, 1)[0].photo).name == "green.png"


def test_found_photos_are_ranked_by_cosine_and_decoder(
    engine: Engine, index: ImageIndex, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onenet.engine.CANDIDATES", 30)  # all that there are
    imagined = engine.imagine("a dog runs")
    photos = index.photos
    ranking = rank_photos(
        load_checkpoint(file).model,
        torch.from_numpy(imagined.representation),
        torch.tensor(imagined.token_ids),
        torch.from_numpy(index.representations_of(photos)),
    )
    found = engine.find(imagined, index, 30)
    # the reference multiplies in bfloat16 where it can: photos whose scores are alike may change places
    expected = dict(zip((photos[row] for row in ranking.order), ranking.scores.tolist(), strict=True))
    scores = [match.score for match in found.matches]
    assert len(scores) == len(expected)
    assert scores == pytest.approx([expected[match.photo] for match in found.matches], abs=0.02)
    assert scores == sorted(scores, reverse=True)
    by_cosine = [match.photo for match in index.search(imagined.representation, 30)]
    assert [match.photo for match in found.matches] != by_cosine
    assert engine.find(imagined, index, 5).matches == found.matches[:5]
    assert engine.find(imagined, index, 0).matches == []


def test_a_photo_that_is_near_to_all_sentences_is_found_less(
    engine: Engine, index: ImageIndex, file: Path
) -> None:
    """By the reference; without the file of how photos spread, nothing changes."""
    imagined = engine.imagine("a dog runs")
    before = engine.find(imagined, index, 30).matches
    photos = index.representations_of(index.photos)
    hub = before[0].photo
    likes = index.representations_of([hub]) + np.random.default_rng(0).normal(size=(12, 16)) / 10
    sentences = (likes / np.linalg.norm(likes, axis=1, keepdims=True)).astype(np.float32)
    spread = Spread.of(photos, sentences)
    spread.save(spread_beside(file), engine.fingerprint, {})
    try:
        found = Engine.load(file, threads=1).find(imagined, index, 30).matches
    finally:
        spread_beside(file).unlink()
    assert {match.photo for match in found} == {match.photo for match in before}
    assert [match.photo for match in found].index(hub) > 0
    scores = [match.score for match in found]
    assert scores == sorted(scores, reverse=True)
    excess = dict(zip(index.photos, spread.excess(photos).tolist(), strict=True))
    was = {match.photo: match.score for match in before}
    first = found[:CANDIDATES]
    expected = [was[match.photo] - HUBNESS_WEIGHT * excess[match.photo] for match in first]
    ranked_before = {match.photo for match in before[:CANDIDATES]}
    for match, score in zip(first, expected, strict=True):
        if match.photo in ranked_before:
            assert match.score == pytest.approx(score, abs=0.01)


def test_only_the_nearest_by_cosine_are_ranked(
    engine: Engine, index: ImageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onenet.engine.CANDIDATES", 4)
    imagined = engine.imagine("a dog runs")
    nearest = {match.photo for match in index.search(imagined.representation, 4)}
    assert {match.photo for match in engine.find(imagined, index, 3).matches} < nearest
    assert len(engine.find(imagined, index, 6).matches) == 6  # more are asked for than are worth ranking


def test_deleted_photos_are_not_found(engine: Engine, index: ImageIndex) -> None:
    imagined = engine.imagine("a dog runs")
    first, second, third = (match.photo for match in engine.find(imagined, index, 3).matches)
    Path(second).unlink()
    found = [match.photo for match in engine.find(imagined, index, 3).matches]
    assert found[:2] == [first, third]
    assert second not in found


def test_photos_removed_between_two_steps_of_a_search_are_left_out(
    engine: Engine, index: ImageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As another program may; the search goes on with the others, or with none."""
    query = engine.imagine("a dog runs")
    refined = engine.going_on(SearchState.of_words("a dog runs", query.token_ids, query.language))
    nearest = nearest_different(index, query.representation, 5)
    monkeypatch.setattr("onenet.engine.nearest_different", lambda *_: nearest)
    for gone in (1, 5):
        index.remove([match.photo for match in nearest[:gone]])
        for asked in (query, refined):
            found = [match.photo for match in engine.find(asked, index, 5).matches]
            assert sorted(found) == sorted(match.photo for match in nearest[gone:])


def test_nothing_is_found_in_an_empty_index(engine: Engine) -> None:
    index = ImageIndex(engine.fingerprint, dimensions=16)
    assert engine.find(engine.imagine("a dog"), index, 3) == SearchResult([], False)


def test_a_find_says_whether_it_fits(file: Path, engine: Engine, index: ImageIndex) -> None:
    imagined = engine.imagine("a dog runs")
    found = engine.find(imagined, index, 3)
    assert found.fits is True  # a network without the figure finds everything fitting
    best = found.matches[0].score
    for fits_from, fits in ((best - 0.1, True), (best + 0.1, False)):
        record_figures(file, "dev", {"find": {"fits_from": fits_from}})
        assert Engine(load_checkpoint(file)).find(imagined, index, 3).fits is fits


def test_words_never_read_are_a_reason_to_doubt(file: Path, engine: Engine, index: ImageIndex) -> None:
    best = engine.find(engine.imagine("a dog runs"), index, 1).matches[0].score
    record_figures(file, "dev", {"find": {"fits_from": best - 0.1}})
    strict = Engine(load_checkpoint(file))
    one, many = strict.imagine("a dog runs"), strict.imagine("a purple zebra dog runs purple")
    assert strict.find(one, index, 1).fits is True
    assert strict.find(many, index, 1).fits is False  # two of five words: 0.2 less
    assert strict.find(many, index, 1).matches[0].score == pytest.approx(best, abs=1e-3)


def test_a_changed_photo_is_found_by_cosine_alone(engine: Engine, index: ImageIndex) -> None:
    photo = index.representation_of(index.photos[0])
    changed = engine.change(photo, "photo + dog")
    found = engine.find(changed, index, 5)
    assert found.matches == index.search(changed.representation, 5)
    assert found.fitting == sum(match.score >= 0.5 for match in found.matches)
    assert found.fits is (found.fitting > 0)
    without_ids = replace(engine.imagine("a dog"), token_ids=())
    assert engine.find(without_ids, index, 5).matches == index.search(without_ids.representation, 5)


def test_all_of_many_photos_are_found_in_time_and_memory(
    engine: Engine, index: ImageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the nearest are ranked, in batches; the others follow by cosine, and scores fall to the end."""
    monkeypatch.setattr("onenet.engine.CANDIDATES", 10)
    monkeypatch.setattr("onenet.serving.decoder._TOGETHER", 4)
    sizes: list[int] = []
    word_log_p = Decoder.word_log_p

    def counted(self: Decoder, representations: Floats, sentences: Sentences) -> Floats:
        sizes.append(len(representations))
        return word_log_p(self, representations, sentences)

    imagined = engine.imagine("a dog runs")
    monkeypatch.setattr(Decoder, "word_log_p", counted)
    found = engine.find(imagined, index, 4000).matches
    assert sizes == [4, 4, 2]
    nearest = [match.photo for match in index.search(imagined.representation, 30)]
    assert {match.photo for match in found[:10]} == set(nearest[:10])
    assert [match.photo for match in found[10:]] == nearest[10:]
    assert [match.score for match in found] == sorted((match.score for match in found), reverse=True)
    assert engine.find(imagined, index, 10).matches == found[:10]


def test_copies_are_found_as_one(engine: Engine, index: ImageIndex, tmp_path: Path) -> None:
    imagined = engine.imagine("a dog runs")
    best = engine.find(imagined, index, 1).matches[0]
    copies = [PhotoRecord(str(tmp_path / f"copy-{number}.jpg"), 0, number) for number in range(100)]
    for copy in copies:
        Path(copy.photo).touch()
    index.add(copies, np.repeat(index.representation_of(best.photo)[np.newaxis], 100, axis=0))
    found = engine.find(imagined, index, 4).matches
    assert len(found) == 4
    assert {found[0].photo, *found[0].copies} == {best.photo, *(copy.photo for copy in copies)}
    assert not any(match.copies for match in found[1:])


def test_the_more_photos_the_surer_it_must_be(file: Path, engine: Engine, index: ImageIndex) -> None:
    """Among 30 photos here; the figure is of 1,000. Cards of before say one for any number."""
    imagined = engine.imagine("a dog runs")
    best = engine.find(imagined, index, 3).matches[0].score
    strict = best + 0.05
    for figures, fits in (
        ({"fits_from": strict}, False),
        ({"fits_from": strict, "fits_from_among": {"20": best - 0.2, "1000": strict}}, True),
    ):
        record_figures(file, "dev", {"find": figures})
        assert Engine(load_checkpoint(file)).find(imagined, index, 3).fits is fits


def test_a_search_goes_on_by_replies(engine: Engine, index: ImageIndex) -> None:
    query = engine.imagine("a dog runs")
    first = SearchState.of_words("a dog runs", query.token_ids, query.language)
    refined = engine.refine(first, "through snow, without a ball")
    assert [(wish.words, wish.weight) for wish in refined.state.wishes] == [
        ("a dog runs", 1.0),
        ("through snow", 1.0),
        ("a ball", -1.0),
    ]
    assert refined.imagined
    assert refined.unknown_words == ()
    assert np.linalg.norm(refined.representation) == pytest.approx(1, abs=1e-5)
    found = engine.find(refined, index, 5)
    assert len(found.matches) == 5
    assert [match.score for match in found.matches] == sorted(
        (match.score for match in found.matches), reverse=True
    )
    photos = index.representations_of([match.photo for match in found.matches])
    like = engine.refine(refined.state, "more like the second", photos=photos)
    assert like.representation @ photos[1] > refined.representation @ photos[1]
    again = engine.going_on(SearchState.load(like.state.dump()))
    assert np.allclose(again.representation, like.representation, atol=1e-2)
    back = engine.refine(like.state, "back")
    assert np.allclose(back.representation, refined.representation)
    assert engine.refine(first, "zyzzyva snow").unknown_words == ("zyzzyva",)
    assert engine.find(refined, ImageIndex(engine.fingerprint, dimensions=16), 5) == SearchResult([], False)


def test_a_search_goes_on_by_signs_and_by_the_same_but(engine: Engine) -> None:
    first = SearchState.of_photo(engine.imagine("a dog runs").representation)
    for reply, wishes in (
        ("photo - ball + snow", [("snow", 1.0), ("ball", -1.0)]),
        ("the same but through snow", [("through snow", 1.0)]),
    ):
        state = engine.refine(first, reply).state
        assert [(wish.words, wish.weight) for wish in state.wishes] == [("", 1.0), *wishes]


def test_a_remark_moves_no_search(engine: Engine) -> None:
    lexicon = Lexicon(engine.fingerprint)
    lexicon.teach("Rex", engine.imagine("a dog").representation[np.newaxis])
    for reply in ("through snow", "without a ball", "more like 2", "back", "- ball", "with Rex"):
        assert engine.moves(reply, lexicon=lexicon), reply
    for reply in ("haha", "so a", "through", "👍", "the same", "haha, snow", "2", ""):
        assert not engine.moves(reply, lexicon=lexicon), reply


def test_a_taught_word_is_said_and_looked_for(engine: Engine, index: ImageIndex) -> None:
    photos = index.representations_of(index.photos[:3])
    lexicon = Lexicon(engine.fingerprint)
    lexicon.teach("Rex", photos[:1])
    captions = engine.caption(photos)
    named = engine.with_taught(captions, photos, lexicon)
    assert "Rex" in named[0][0].text
    assert named[0][0].score == captions[0][0].score
    assert named[1:] == captions[1:]
    query = engine.imagine_taught("rex runs through snow", lexicon)
    assert query is not None
    assert [wish.words for wish in query.state.wishes] == ["Rex", "runs through snow"]
    assert engine.find(query, index, 3).matches
    alone = engine.imagine_taught("the Rex", lexicon)
    assert alone is not None
    assert [wish.words for wish in alone.state.wishes] == ["Rex"]
    assert engine.imagine_taught("a dog", lexicon) is None
    moved = engine.refine(query.state, "without rex", lexicon=lexicon)
    assert [(wish.words, wish.weight) for wish in moved.state.wishes] == [
        ("runs through snow", 1.0),
        ("Rex", -1.0),
    ]
    assert engine.refine(query.state, "rex", lexicon=lexicon).state.wishes[-1].photo is not None
    signed = engine.refine(SearchState.of_photo(photos[1]), "photo - Rex + snow", lexicon=lexicon)
    assert [(wish.words, wish.weight) for wish in signed.state.wishes[1:]] == [("snow", 1.0), ("Rex", -1.0)]
