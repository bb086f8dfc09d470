"""Whether a set teaches what its labels say, beside real images: the verdict on TSTR."""

from collections.abc import Sequence

from gan_core.audit.check import Check, Verdict
from gan_core.errors import show_share
from gan_core.measures.measure import Figure
from gan_core.measures.tstr import ACCURACY, Examination, measure_examination

LEAST = 0.75  # of the way from chance to what real images teach: a set that teaches less is of little use


def check_use(examinations: Sequence[Examination], class_names: Sequence[str]) -> Check:
    """Whether a classifier that the synthetic images taught recognises real ones.

    It fails where the upper end of its accuracy is less than three quarters of the way from chance to what real images
    teach, and passes where the lower end is more. Chance is the share of the commonest class.
    """
    by_set = {each.taught_by: each for each in examinations}
    synthetic, real = (_accuracy(by_set[name], class_names) for name in ("synthetic", "real"))
    tested = by_set["real"].confusion.sum(axis=1)
    chance = float(tested.max() / tested.sum())
    least = chance + LEAST * (real.value - chance)
    gap = 100 * (real.value - synthetic.value)
    sentence = (
        f"A {by_set['synthetic'].classifier} classifier that it taught recognises {synthetic.text} of "
        f"{synthetic.images:,} real images, one that real images taught {real.text}: "
        f"{abs(gap):.1f} points {'less' if gap >= 0 else 'more'} from the synthetic ones."
    )
    verdict = _judge(synthetic, least)
    if verdict != "passes":
        sentence += f" The interval would have to lie above {show_share(least, 1)}."
    good = (
        f"It passes where the lower end of the accuracy is above {show_share(least, 1)}: three quarters of the way "
        f"from chance, {show_share(chance, 1)}, to what real images teach."
    )
    return Check("use", "What it teaches", "useful", verdict, sentence, (synthetic, real), passes_where=good)


def _accuracy(examination: Examination, class_names: Sequence[str]) -> Figure:
    figures = measure_examination(examination, class_names)
    return next(each for each in figures if each.measure == ACCURACY and each.seed is None)


def _judge(synthetic: Figure, least: float) -> Verdict:
    if synthetic.high < least:
        return "fails"
    return "passes" if synthetic.low > least else "cannot tell"
