"""The job's keys on how the network is computed."""

from __future__ import annotations

from .job_keys import Number, Text

PRECISIONS = ("auto", "fp32", "bf16", "fp16", "int8")
BACKENDS = ("auto", "torch", "openvino")

DEVICE = Text(
    "Where the model runs: auto, cpu, cuda, cuda:1 or mps.",
    20,
    pattern="auto|cpu|mps|cuda(:[0-9]{1,2})?",
    pattern_text="auto, cpu, cuda, cuda:1 or mps",
)
PRECISION = Text(
    "Numbers that the model computes with; auto takes the fastest that gives the same map. int8 is about twice as "
    "fast as fp32 on processors with VNNI and gives 0.5 to 1 % of the pixels another class, those that fp32 is unsure "
    "of; it is for OpenVINO and the bundled model. The job in the record of a run names the one that was taken.",
    choices=PRECISIONS,
)
BACKEND = Text(
    "Library that computes the network: torch (PyTorch) or openvino, which is faster on processors and gives the same "
    "classes. auto measures once which is faster where the precision is auto too, and takes torch otherwise. The job "
    "in the record of a run names the one that was taken.",
    choices=BACKENDS,
)
THREADS = Number("CPU threads; 0 takes all.", 0, 256, is_whole=True)
