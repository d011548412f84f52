"""A Slurm cluster of this one machine in a temporary folder: munged, slurmctld and slurmd, started as root and ended
with the test, whatever becomes of it. Nothing outside the folder is touched, and ports are its own, so that a cluster
which runs here already does not notice.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

DAEMONS = ["munged", "slurmctld", "slurmd"]


def why_not():
    """Why there can be no cluster here; empty: there can."""
    lacking = [name for name in DAEMONS + ["sbatch"] if not find(name)]
    if lacking:
        return f"there is no {', '.join(lacking)} here (packages slurm-wlm and munge; scripts/setup --for-check)"
    if os.geteuid() != 0:
        return "slurmd must be started by root"
    return ""


def find(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Cluster:
    def __init__(self, folder, cores):
        self.folder = Path(folder)
        self.cores = cores
        self.daemons = {}

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self):
        os.chmod(self.folder, 0o755)  # munged asks for it
        (self.folder / "state").mkdir()
        (self.folder / "spool").mkdir()
        key = self.folder / "munge.key"
        key.write_bytes(secrets.token_bytes(128))
        os.chmod(key, 0o400)
        controller, node = free_ports(2)
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
        text = (Path(__file__).parent / "slurm.conf").read_text()
        for word, value in {
            "HOSTNAME": socket.gethostname().split(".")[0],
            "CONTROLLER_PORT": controller,
            "NODE_PORT": node,
            "USER": "root",
            "FOLDER": self.folder,
            "CORES": self.cores,
            "MEGABYTES": memory * 9 // 10,
        }.items():
            text = text.replace(word, str(value))
        (self.folder / "slurm.conf").write_text(text)
        self._spawn("munged", "--foreground", "--force", f"--socket={self.folder}/munge.socket", f"--key-file={key}",
                    f"--pid-file={self.folder}/munged.pid", f"--log-file={self.folder}/munged.log",
                    f"--seed-file={self.folder}/munged.seed")
        self._wait("munged", lambda: (self.folder / "munge.socket").exists())
        self.start_controller()
        self._spawn("slurmd", "-D")
        self._wait("slurmd", lambda: "idle" in self.run("sinfo", "--noheader", "--format=%T", check=False))

    def _spawn(self, name, *arguments):
        with open(self.folder / f"{name}.out", "ab") as out:
            self.daemons[name] = subprocess.Popen([find(name), *arguments], env=self.environment(), stdout=out,
                                                  stderr=out, stdin=subprocess.DEVNULL, start_new_session=True)

    def _wait(self, name, ready):
        for _ in range(150):
            if ready():
                return
            if self.daemons[name].poll() is not None:
                break
            time.sleep(0.2)
        logs = "".join((self.folder / f"{name}.{end}").read_text(errors="replace")[-2000:] for end in ("out", "log")
                       if (self.folder / f"{name}.{end}").exists())
        raise RuntimeError(f"{name} did not come up:\n{logs}")

    def start_controller(self):
        self._spawn("slurmctld", "-D")
        self._wait("slurmctld", lambda: "UP" in self.run("scontrol", "ping", check=False))

    def stop(self, name):
        daemon = self.daemons.pop(name, None)
        if daemon and daemon.poll() is None:
            daemon.terminate()
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def environment(self):
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("SLURM_", "SBATCH_"))}
        return ours | {"SLURM_CONF": str(self.folder / "slurm.conf")}

    def run(self, *command, check=True):
        result = subprocess.run(command, env=self.environment(), capture_output=True, text=True, timeout=60)
        if check and result.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {result.stdout}{result.stderr}")
        return result.stdout

    def __exit__(self, *_):
        if "slurmctld" in self.daemons:
            self.run("scancel", "--user=root", check=False)
            for _ in range(50):
                if not self.run("squeue", "--noheader", check=False).strip():
                    break
                time.sleep(0.2)
        for name in ("slurmd", "slurmctld", "munged"):
            self.stop(name)
        self._kill_what_is_left()

    def _kill_what_is_left(self):
        """Tasks outlive a slurmd that ends. Ours are those that were told of this folder."""
        ours = f"SLURM_CONF={self.folder}/slurm.conf".encode()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if int(process.name) != os.getpid() and ours in (process / "environ").read_bytes().split(b"\0"):
                    os.kill(int(process.name), signal.SIGKILL)
            except OSError:
                pass  # it has ended meanwhile, or is not ours to look at
