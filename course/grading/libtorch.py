"""Where the binaries of build/ find the LibTorch that they are linked with: a sandbox must show it to them."""

import functools
import re
from pathlib import Path


@functools.lru_cache(maxsize=None)
def folders(build):
    """[] for a build without LibTorch."""
    try:
        text = (Path(build) / "CMakeCache.txt").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    match = re.search(r"^LibTorch_LAST_FOLDER:INTERNAL=(.+)$", text, re.M)
    if not match:
        return []
    torch = Path(match[1])
    beside = torch.parent / "nvidia"  # the CUDA libraries that libtorch_cpu itself needs
    return [path for path in (torch / "lib", torch / "include", beside) if path.exists()]
