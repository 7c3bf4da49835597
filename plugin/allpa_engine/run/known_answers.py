"""The answers of catalogues that a job may use again."""

from __future__ import annotations

from ..core.job import Job
from ..search.answer_cache import AnswerCache, answers_folder


def known_answers(job: Job) -> AnswerCache | None:
    """Answers that were kept in the user's cache folder.

    Parameters
    ----------
    job : its key `catalogue_hours` says how long they are used.

    Returns
    -------
    None where the job asks for everything anew.

    """
    if not job.catalogue_hours:
        return None
    answers = AnswerCache(answers_folder(), job.catalogue_hours * 3600.0)
    answers.trim()
    return answers
