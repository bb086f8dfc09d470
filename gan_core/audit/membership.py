"""Whether who has the set can tell which images its generator learned from, with reference generators to compare."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import nhypergeom, norm, rankdata

from gan_core.audit.check import ACCUSED_ALREADY, Check, Control, Verdict
from gan_core.audit.copies import ALARM, PLANTED, name_copies
from gan_core.audit.planted import mix, plant_copies
from gan_core.audit.published_scores import nearest_distance
from gan_core.errors import show_share
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.mapped import join, pick
from gan_core.inspection.thumbnails import describe
from gan_core.measures.measure import Figure, Measure

SIDE = 16  # of the thumbnails whose distances are compared
DRAWN = 10_000  # images of each generator
SCORED = 5_000  # members, and as many others
FALSE_POSITIVES = 0.01
RESAMPLED = 500  # times, for the intervals
GROSS_TRUE_POSITIVES = 0.1  # ten times as many as by chance: of eleven images that are named, ten were learned from
GROSS_AUC = 0.6  # of a training image and another one, three times in five the right one is named
SOURCE = "a difference of distances, calibrated as in Watson et al. 2022, arXiv:2111.08440, equation 3"
AUC = Measure(
    name="membership_auc",
    title="Membership: area under the curve",
    aspect="memorised",
    meaning="How often a training image seems likelier to have been learned than a held-out one, to who compares how "
    "near the set comes to each with how near sets do whose generators did not see it.",
    direction="lower is better",
    chance="50 %",
    source=SOURCE,
)
TRUE_POSITIVES = Measure(
    name="membership_true_positives",
    title="Membership: found at 1 % false alarms",
    aspect="memorised",
    meaning="The share of the training images that are found where one in a hundred held-out images is taken for one.",
    direction="lower is better",
    chance="1 %",
    source=f"Carlini et al. 2022, arXiv:2112.03570, section 2; {SOURCE}",
)
MEASURES = (AUC, TRUE_POSITIVES)


@dataclass(frozen=True)
class Reference:
    """What a reference generator drew, and which of the real images it had learned from."""

    drawn: LabelledImages
    learned: np.ndarray  # bool [N], of the training and then the held-out images


@dataclass(frozen=True)
class Scores:
    """How likely images seem to have been learned: members, which were, and others; float64 [M] and [N]."""

    members: np.ndarray
    others: np.ndarray

    @property
    def auc(self) -> float:
        """The share of pairs of a member and another image of which the member has the higher score."""
        members, others = len(self.members), len(self.others)
        ranks = rankdata(np.concatenate([self.members, self.others]))[:members]
        return float((ranks.sum() - members * (members + 1) / 2) / (members * others))

    @property
    def true_positives(self) -> float:
        """The share of members above all but one in a hundred of the others."""
        return float(np.mean(self.members > self._threshold))

    @property
    def chance(self) -> float:
        """The probability that scores which know nothing are as good in one of the two ways, exact for each of them."""
        members, others = len(self.members), len(self.others)
        error = np.sqrt((members + others + 1) / (12 * members * others))
        above = int(np.sum(self.members > self._threshold))
        first = norm.sf((self.auc - 0.5) / error)
        second = nhypergeom.sf(above - 1, members + others, members, self._allowed + 1)
        return float(min(1.0, 2 * min(first, second)))

    def resample(self, random: np.random.Generator) -> "Scores":
        """The same number of members and of others, each drawn from these with replacement."""
        return Scores(*(random.choice(scores, len(scores)) for scores in (self.members, self.others)))

    @property
    def _allowed(self) -> int:
        return int(FALSE_POSITIVES * len(self.others))

    @property
    def _threshold(self) -> float:
        return float(np.sort(self.others)[-1 - self._allowed])


def toss_coins(images: int, seed: int, number: int) -> np.ndarray:
    """Which of so many images the reference of this number learns from, each with probability a half; bool [N]."""
    return np.random.default_rng([seed, number]).random(images) < 0.5


def choose_scored(known: int, unseen: int, seed: int) -> np.ndarray:
    """Places of as many training as held-out images, the latter counted on from the former; int64 [2 n]."""
    random, count = np.random.default_rng(seed), min(known, unseen, SCORED)
    return np.concatenate([random.permutation(known)[:count], known + random.permutation(unseen)[:count]])


def measure_distances(images: np.ndarray, sets: Iterable[LabelledImages]) -> np.ndarray:
    """How far each image uint8 [N, height, width, C] is from the nearest one of each set, float32 [sets, N]."""
    vectors = describe(images, SIDE)
    return np.stack([nearest_distance(vectors, describe(drawn.images[:DRAWN], SIDE))[1] for drawn in sets])


def score_membership(target: np.ndarray, references: np.ndarray, learned: np.ndarray) -> np.ndarray:
    """How much nearer a set comes to images than those of references that did not learn from them; float64 [N].

    `target` [N] are the set's distances, `references` [R, N] those of the others, of which `learned` [R, N] are left
    out. Not a number for an image that all references have learned from. Members and others are scored alike.
    """
    counts = (~learned).sum(axis=0)
    with np.errstate(invalid="ignore"):
        return np.where(learned, 0, references).sum(axis=0, dtype=np.float64) / counts - target


def check_membership(
    generated: LabelledImages,
    known: LabelledImages,
    unseen: LabelledImages,
    references: Sequence[Reference],
    *,
    seed: int,
) -> Check:
    """Whether members, of `known`, can be told from the others, of `unseen`, by the generated set.

    Every training leaves a trace that enough images bring to light, so that the check does not fail for a trace: it
    fails where the lower end of the true positives is above `GROSS_TRUE_POSITIVES` or that of the area above
    `GROSS_AUC`, where who has the set can name training images and mostly be right, as he can where they are copied.
    Below that it passes and says what leaks; where an interval has its threshold in it, nothing can be told.

    Planted are training images among the generated ones; one is noticed that leaves a trace. Where the set leaves one
    itself, they are planted alone. The honest control is the
    first reference: its generator learned from halves of both, so that it must not tell them apart.
    """
    attack = _Attack.prepare(known, unseen, references, seed)
    generated = generated.take(np.arange(min(DRAWN, len(generated))))
    scores = attack.score(generated)
    leaks = scores.chance < ALARM
    controls = [*attack.plant(generated, known, (1.0,) if leaks else PLANTED, seed)]
    if len(references) > 1:
        controls.append(_control("a generator of halves of both", True, attack.leave_out(0).score(references[0].drawn)))
    figures = find_intervals(scores, seed)
    verdict, sentence = judge(figures, controls, references=len(references), leaks=leaks)
    title = "Telling training images from others"
    good = (
        f"It passes where the upper end of the true positives is below {show_share(GROSS_TRUE_POSITIVES)} and that of "
        f"the area below {show_share(GROSS_AUC)}; chance has 1 % and 50 %."
    )
    unplanted = ACCUSED_ALREADY if leaks else ""
    return Check("membership", title, "memorised", verdict, sentence, figures, tuple(controls), good, unplanted)


def find_intervals(scores: Scores, seed: int, of: str = "synthetic") -> tuple[Figure, ...]:
    """Both figures with 95 % intervals by the bootstrap over members and over others."""
    random = np.random.default_rng(seed)
    again = [scores.resample(random) for _ in range(RESAMPLED)]
    images = len(scores.members) + len(scores.others)
    figures = []
    for measure, value, values in (
        (AUC, scores.auc, [each.auc for each in again]),
        (TRUE_POSITIVES, scores.true_positives, [each.true_positives for each in again]),
    ):
        low, high = np.quantile(values, (0.025, 0.975))
        figures.append(Figure(measure, of, value, float(low), float(high), images=images))
    return tuple(figures)


@dataclass(frozen=True)
class _Attack:
    """The images that are scored, and how near the references come to them."""

    images: np.ndarray  # uint8 [2 n, height, width, C], members first
    distances: np.ndarray  # float32 [R, 2 n]
    learned: np.ndarray  # bool [R, 2 n]

    @classmethod
    def prepare(
        cls, known: LabelledImages, unseen: LabelledImages, references: Sequence[Reference], seed: int
    ) -> "_Attack":
        scored = choose_scored(len(known), len(unseen), seed)
        images = pick(join([known.images, unseen.images]), scored)
        distances = measure_distances(images, (reference.drawn for reference in references))
        return cls(images, distances, np.stack([reference.learned[scored] for reference in references]))

    def leave_out(self, reference: int) -> "_Attack":
        kept = np.arange(len(self.distances)) != reference
        return _Attack(self.images, self.distances[kept], self.learned[kept])

    def score(self, generated: LabelledImages) -> Scores:
        (target,) = measure_distances(self.images, [generated])
        members, others = np.split(score_membership(target, self.distances, self.learned), 2)
        return Scores(members[np.isfinite(members)], others[np.isfinite(others)])

    def plant(
        self, generated: LabelledImages, known: LabelledImages, shares: Sequence[float], seed: int
    ) -> Iterator[Control]:
        planted = plant_copies(known, len(generated), "as they are", seed)
        for share in shares:
            scores = self.score(mix(generated, planted, share, seed))
            yield _control(name_copies(share), False, scores)


def _control(name: str, honest: bool, scores: Scores) -> Control:
    figure = Figure(AUC, name, scores.auc, images=len(scores.members) + len(scores.others))
    return Control(name, honest, scores.chance < ALARM, figure)


def judge(
    figures: Sequence[Figure], controls: Sequence[Control], *, references: int, leaks: bool
) -> tuple[Verdict, str]:
    """The verdict on the area and the true positives, `figures`, with a sentence.

    `leaks` is whether chance does not explain them.
    """
    area, found = figures
    said = f"at 1 % false alarms {found.text} of the training images are found, the area is {area.text}, with " + (
        f"{references} references"
    )
    if any(control.honest and control.accused for control in controls):
        return "cannot tell", f"A generator that learned from both alike is accused too: {said}."
    if leaks:
        return _judge_leak(area, found, said)
    noticed = [control.name for control in controls if control.accused and not control.honest]
    if not noticed:
        return "cannot tell", f"No evidence, but nothing but copies would not have been noticed either: {said}."
    return (
        "passes",
        f"No evidence that training images can be told from others; {noticed[0]} would have been noticed: {said}.",
    )


def _judge_leak(area: Figure, found: Figure, said: str) -> tuple[Verdict, str]:
    """The verdict where training images can be told from others, by how well."""
    if found.low > GROSS_TRUE_POSITIVES or area.low > GROSS_AUC:
        return "fails", f"Who has the set can name images that it was learned from: {said}."
    if found.high > GROSS_TRUE_POSITIVES or area.high > GROSS_AUC:
        return (
            "cannot tell",
            f"Training images can be told from others, but how well is not clear with so few of them: {said}.",
        )
    return (
        "passes",
        f"It leaks a little, as a training does: training images can be told from others, though seldom: {said}.",
    )
