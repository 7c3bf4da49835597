"""The JSON Schema of a job, for editors and other programs; `docs/job.schema.json` is it."""

from __future__ import annotations

from typing import Any

from .job import JOB_KEYS, VERSION_KEY, Job, job_to_dict


def job_schema() -> dict[str, Any]:
    """The JSON Schema of a job file."""
    defaults = job_to_dict(Job(folder=""))
    properties = {
        name: {
            "description": kind.description,
            **kind.schema(),
            **({} if name == "folder" else {"default": defaults[name]}),
        }
        for name, kind in JOB_KEYS.items()
    }
    version = {"type": "string", "maxLength": 100, "description": "Version of Allpa that wrote the job."}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Job of Allpa",
        "description": "One run of `allpa run job.json`: the whole land-cover map, one of its steps, or a comparison.",
        "type": "object",
        "properties": {**properties, VERSION_KEY: version},
        "required": ["folder"],
        "additionalProperties": False,
    }
