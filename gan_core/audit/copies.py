"""Whether a set hands out the images that its generator learned from, and which share of copies would be noticed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gan_core.audit.check import ACCUSED_ALREADY, Check, Control, Verdict
from gan_core.audit.holdout import ALL, MOST_SUSPICIOUS, RARE, SUSPICIOUS, Share, estimate_shares, find_rare
from gan_core.audit.nearest import Catalogue, Matches, catalogue, find_nearest, name_transformation
from gan_core.audit.planted import COPYING, choose_mixture, plant_copies, split_halves
from gan_core.audit.suspicious_pair import Pair
from gan_core.errors import show_share
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.mapped import digests, join
from gan_core.inspection.duplicates import ALWAYS, NEARER, NEVER
from gan_core.measures.measure import Figure, Measure

SAMPLE = 10_000  # generated images looked at
ALARM = 0.00135  # the probability that an honest set is accused: once in 700 times, that of three standard deviations
PAIRS = 20
LEAST_PLANTED = 500  # copies of each kind, a tenth of a large set
FRESH = 1_000  # held-out images that stand for an honest set
SHARES = {1.0: "all", 0.5: "a half", 0.2: "a fifth", 0.1: "a tenth", 0.05: "a twentieth", 0.02: "a fiftieth"} | {
    0.01: "a hundredth"
}
PLANTED = (0.1, 0.5, 1.0)  # shares of copies that are told as controls
MOST_OVERLOOKED = 0.5  # if more copies than that would not be noticed, nothing can be said
HELD_OUT = "gan_core.audit.holdout; after Platzer and Reutterer 2021, arXiv:2104.00635"


def _copied(name: str, title: str, meaning: str) -> Measure:
    chance = "0 %; 95 of 100 such intervals of a set that copies nothing have 0 in them, and the verdict asks more"
    return Measure(
        name=name,
        title=title,
        aspect="memorised",
        meaning=meaning,
        direction="lower is better",
        chance=chance,
        source=HELD_OUT,
        lowest=-np.inf,
    )


COPIED = _copied(
    "copied",
    "Copies",
    "The share of the images that are training images over again, also moved by two pixels, mirrored, brightened or "
    "with slight noise: how much less often than it should a held-out real image is the one that is nearest.",
)
COPIED_GROUPS = {
    ALL: COPIED,
    SUSPICIOUS: _copied("copied_suspicious", "Copies among the suspicious", f"The share of copies among {SUSPICIOUS}."),
    MOST_SUSPICIOUS: _copied(
        "copied_most_suspicious", "Copies among the most suspicious", f"The share of copies among {MOST_SUSPICIOUS}."
    ),
    RARE: _copied("copied_rare", "Copies of rare images", f"The share of copies among {RARE}."),
}
REPEATED = "The held-out images' share is that for as many of them as there are training images."
EQUAL = Measure(
    name="equal",
    title="Equal images",
    aspect="memorised",
    meaning="The share of the images that are equal to a training image in every pixel, beside a held-out one. "
    f"{REPEATED}",
    direction="lower is better",
    chance="that of the held-out images",
    source="gan_core.inspection.duplicates.find_equal",
)
NEAR = Measure(
    name="near",
    title="Nearly equal images",
    aspect="memorised",
    meaning="The share of the images that are ten times nearer to a training image than to the next ones, moved or "
    f"mirrored, beside a held-out one. {REPEATED}",
    direction="lower is better",
    chance="that of the held-out images",
    source="gan_core.inspection.duplicates.find_near",
)
CALIBRATED = Measure(
    name="calibrated_distance",
    title="Calibrated distance",
    aspect="memorised",
    meaning="How far the nearest training image is, as a factor of how far the next ones are: of a hundred images the "
    "one that comes nearest, beside those whose nearest image is a held-out one.",
    direction="higher is better",
    chance="that of the held-out images",
    source="Carlini et al. 2023, arXiv:2301.13188, section 5.2",
    unit="factor",
)
MEASURES = (*COPIED_GROUPS.values(), EQUAL, NEAR, CALIBRATED)


@dataclass(frozen=True)
class CopyFindings:
    """The answer, and the pairs that a person may look at, the most suspicious first."""

    check: Check
    pairs: tuple[Pair, ...]


def check_copies(
    generated: LabelledImages,
    known: LabelledImages,
    unseen: LabelledImages,
    *,
    seed: int,
    on_images: Callable[[int], None] = lambda images: None,
) -> CopyFindings:
    """Whether the generated images copy those in `known`; the ones in `unseen` were cut from these at random.

    `on_images` is told of each few images that were compared, `count_comparisons` in all.
    """
    generated = generated.take(np.arange(min(SAMPLE, len(generated))))
    search = _Search.prepare(known, unseen, seed, on_images)
    matches = search.match(generated)
    shares = search.estimate(matches, generated.labels)
    at_fault = is_accused(shares) or knows_held_out(shares)
    planted = (1.0,) if at_fault else tuple(SHARES)  # a set at fault is accused whatever is planted in it
    controls, noticed = _try_copies(search, generated, matches, known, planted, seed)
    controls += (honest := _try_fresh(search, unseen, seed),)
    verdict, sentence = _judge(shares, len(generated), noticed, honest, len(unseen))
    figures = (*_share_figures(shares), *_pair_figures(generated, matches, known, unseen))
    good = (
        "It passes where training images are the nearest ones about as often as their number lets expect (one in "
        f"{round(1 / ALARM, -2):.0f} honest sets is accused), and where a half of copies would have been noticed."
    )
    check = Check("copies", "Copies of training images", "memorised", verdict, sentence, figures, controls, good)
    if at_fault:
        check = replace(check, unplanted=ACCUSED_ALREADY)
    return CopyFindings(check, _find_pairs(generated, matches, known))


def try_generator(
    name: str, drawn: LabelledImages, known: LabelledImages, unseen: LabelledImages, *, seed: int
) -> Control:
    """What the check says of the images of a generator that is known to copy those in `known`."""
    search = _Search.prepare(known, unseen, seed, lambda images: None)
    return _control(name, False, search.estimate(search.match(drawn), drawn.labels))


def name_copies(share: float, kind: str = "") -> str:
    """What a control with such a share of copies is called, as `a tenth of copies, mirrored`."""
    copies = "nothing but copies" if share == 1 else f"{SHARES[share]} of copies"
    return f"{copies}, {kind}" if kind else copies


def knows_held_out(shares: Mapping[str, Share], alarm: float = ALARM) -> bool:
    """Whether held-out images are the nearest ones more often than chance explains once in 1 / `alarm` times.

    Then the set was not made without them, and no figure that rests on them says anything.
    """
    return any(share.surplus < alarm / len(shares) for share in shares.values())


def count_comparisons(generated: int, unseen: int) -> int:
    """How many images `check_copies` compares with the real ones, its controls' among them."""
    generated = min(SAMPLE, generated)
    return generated + len(COPYING) * _planted(generated) + min(FRESH, -(-unseen // 2))


def is_accused(shares: Mapping[str, Share], alarm: float = ALARM) -> bool:
    """Whether chance explains the shares of some group worse than once in 1 / `alarm` times.

    As each group is a chance to be accused, the threshold of each is divided by their number (Bonferroni).
    """
    return any(share.chance < alarm / len(shares) for share in shares.values())


@dataclass(frozen=True)
class _Search:
    """The real images to search for copies, the training images numbered first."""

    real: Catalogue
    unseen: np.ndarray  # bool [N]
    rare: np.ndarray  # bool [N]
    names: Sequence[str]
    on_images: Callable[[int], None]

    @classmethod
    def prepare(
        cls, known: LabelledImages, unseen: LabelledImages, seed: int, on_images: Callable[[int], None]
    ) -> "_Search":
        real = catalogue(join([known.images, unseen.images]), seed)
        rare = find_rare(real, np.concatenate([known.labels, unseen.labels]), seed)
        return cls(real, np.arange(len(rare)) >= len(known), rare, known.class_names, on_images)

    def match(self, images: LabelledImages) -> Matches:
        return find_nearest(images.images, self.real, self.on_images)

    def estimate(self, matches: Matches, labels: np.ndarray) -> Mapping[str, Share]:
        return estimate_shares(matches, labels, unseen=self.unseen, rare=self.rare, names=self.names)

    def leave_out(self, numbers: np.ndarray) -> "_Search":
        """The same without some real images, the others numbered anew."""
        kept = np.ones(len(self.unseen), bool)
        kept[numbers] = False
        left = self.real.leave_out(numbers)
        renumbered = Catalogue((np.cumsum(kept) - 1)[left.numbers], left.images, left.spectra)
        return _Search(renumbered, self.unseen[kept], self.rare[kept], self.names, self.on_images)


def _planted(generated: int) -> int:
    """How many copies of each kind are made; of larger shares of copies smaller sets are judged."""
    return min(generated, max(LEAST_PLANTED, -(-generated // 10)))


def _try_copies(
    search: _Search,
    generated: LabelledImages,
    matches: Matches,
    known: LabelledImages,
    shares_tried: Sequence[float],
    seed: int,
) -> tuple[tuple[Control, ...], float | None]:
    """What the check says of sets with shares of copies planted, and the least at which each kind of copy is noticed.

    Where more of them are copied, more is noticed: a larger share is tried with fewer images, which can only hide it.
    """
    tried: dict[float, list[Control]] = {share: [] for share in shares_tried}
    for kind in COPYING:
        planted = plant_copies(known, _planted(len(generated)), kind, seed)
        found = search.match(planted)
        for share in tried:
            kept, added = choose_mixture(len(generated), len(planted), share, seed)
            labels = np.concatenate([generated.labels[kept], planted.labels[added]])
            shares = search.estimate(matches.take(kept).join(found.take(added)), labels)
            tried[share].append(_control(name_copies(share, kind), False, shares))
    noticed = min((share for share, each in tried.items() if all(one.accused for one in each)), default=None)
    told = (share for share in tried if share in PLANTED or share == noticed)
    return tuple(control for share in told for control in tried[share]), noticed


def _try_fresh(search: _Search, unseen: LabelledImages, seed: int) -> Control:
    """What the check says of real images that nothing was learned from: held-out ones, by the other half or more."""
    fresh = split_halves(len(unseen), seed)[0][:FRESH]
    others = search.leave_out(np.flatnonzero(search.unseen)[fresh])
    images = unseen.take(fresh)
    return _control("fresh real images", True, others.estimate(others.match(images), images.labels))


def _control(name: str, honest: bool, shares: Mapping[str, Share]) -> Control:
    """With the share that accuses most, that of all images where none does."""
    accused = is_accused(shares)
    group = min(shares, key=lambda each: shares[each].chance) if accused else ALL
    return Control(name, honest, accused, _share_figure(COPIED_GROUPS.get(group, COPIED), name, "", shares[group]))


def _judge(
    shares: Mapping[str, Share], images: int, noticed: float | None, honest: Control, unseen: int
) -> tuple[Verdict, str]:
    if honest.accused:
        return "cannot tell", "Real images that nothing was learned from are accused of copying too."
    if knows_held_out(shares):
        return "fails", (
            f"It knows the {unseen:,} real images that were held out: they are the nearest ones more often than chance "
            "explains. So what it teaches and covers is not measured; name others by --holdout or --real."
        )
    if is_accused(shares):
        group, worst = min(shares.items(), key=lambda each: each[1].chance)
        return (
            "fails",
            f"It copies: about {show_share(_count_copies(shares))} of its images are training images over again."
            + ("" if group == ALL else f" Of {group}, it is {show_share(min(1, worst.copied))}."),
        )
    none = f"No evidence of copies among {images:,} images"
    if noticed is None or noticed > MOST_OVERLOOKED:
        return "cannot tell", (
            f"{none}, but a set of which a half are copies would not have been noticed either: there are only "
            f"{images:,} of them and {unseen:,} held-out real images."
        )
    return "passes", f"{none}; {SHARES[noticed]} of copies would have been noticed, by the images most like a real one."


def _count_copies(shares: Mapping[str, Share]) -> float:
    """The share of copies among all images, as the groups say that accuse: a part of the images copies at least so."""
    everything = shares[ALL]
    accusing = [share for name, share in shares.items() if is_accused({name: share}, ALARM / len(shares))]
    return min(1.0, max(share.copied * share.images / everything.images for share in accusing))


def _share_figures(shares: Mapping[str, Share]) -> tuple[Figure, ...]:
    return tuple(
        _share_figure(COPIED_GROUPS.get(name, COPIED), "synthetic", "" if name in COPIED_GROUPS else name, share)
        for name, share in shares.items()
    )


def _share_figure(measure: Measure, of: str, group: str, share: Share) -> Figure:
    return Figure(measure, of, share.copied, share.low, share.high, group=group, images=share.images)


def _pair_figures(
    generated: LabelledImages, matches: Matches, known: LabelledImages, unseen: LabelledImages
) -> tuple[Figure, ...]:
    """Equal and nearly equal images, and calibrated distances, for the training images and for the held-out ones."""
    usual, figures = np.square(matches.usual) / 2, []
    near = np.square(matches.distance) / 2 <= np.clip(NEARER * usual, ALWAYS, NEVER)
    from_known = matches.real < len(known)
    for of, real, nearest in (("training images", known, from_known), ("held-out images", unseen, ~from_known)):
        as_many = len(known) / len(real)
        equal = find_known(generated.images, real.images).mean() * as_many
        lowest = float(np.quantile(matches.ratio[nearest], 0.01)) if nearest.any() else np.nan
        figures += [
            Figure(EQUAL, of, min(1.0, float(equal)), images=len(generated)),
            Figure(NEAR, of, min(1.0, float((near & nearest).mean() * as_many)), images=len(generated)),
            Figure(CALIBRATED, of, lowest, images=int(nearest.sum())),
        ]
    return tuple(figures)


def find_known(images: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which images uint8 [M, ...] are equal to one of the others [N, ...] in every pixel, bool [M]."""
    held = set(digests(others))
    return np.array([digest in held for digest in digests(images)], bool)


def _find_pairs(generated: LabelledImages, matches: Matches, known: LabelledImages) -> tuple[Pair, ...]:
    """The most suspicious pairs, each training image once."""
    order = np.argsort(matches.ratio, kind="stable")
    order = order[matches.real[order] < len(known)]
    _, first = np.unique(matches.real[order], return_index=True)
    return tuple(
        Pair(
            generated=generated.images[place],
            training=known.images[matches.real[place]],
            ratio=float(matches.ratio[place]),
            transformation=name_transformation(matches.transformation[place]),
            place=int(place),
            known=int(matches.real[place]),
        )
        for place in order[np.sort(first)[:PAIRS]]
    )
