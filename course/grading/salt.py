"""A salt per student: HMAC of the student's ID with a secret of the course, so that answers differ from student to
student and nobody can compute another one's checks from the published code.

The default secret is published with the repository. It serves self-study and the tests; a course sets its own."""

import hashlib
import hmac
import os

from .asked import AskedWrongly

PUBLISHED = b"retort course, for self-study"
LEAST = 32  # bytes of a secret that cannot be guessed from the salts it gives
SELF_STUDY = "self-study"


def course_secret():
    """(secret, whether it is the published one): RETORT_COURSE_SECRET is the secret itself, or @FILE that holds it."""
    given = os.environ.get("RETORT_COURSE_SECRET", "")
    if given.startswith("@"):
        try:
            with open(given[1:], "rb") as file:
                given_bytes = file.read().strip()
        except OSError as error:
            raise AskedWrongly(f"RETORT_COURSE_SECRET: {given[1:]}: {error.strerror}") from None
    else:
        given_bytes = given.encode()
    return (given_bytes, False) if given_bytes else (PUBLISHED, True)


def doubts(secret, published):
    """What a teacher must know of it, as notes of a result."""
    if published:
        return ["The salt comes from the published secret: good for self-study, not for marks. A course sets "
                "RETORT_COURSE_SECRET."]
    if len(secret) < LEAST:
        return [f"RETORT_COURSE_SECRET has {len(secret)} bytes: fewer than {LEAST} may be guessed, and with them all students' "
                "checks."]
    return []


def salt_of(student, assignment, secret=None):
    """32 bytes. One salt an assignment, so that what one hand-out shows says nothing of the others."""
    if secret is None:
        secret, _ = course_secret()
    return hmac.new(secret, f"{assignment}\n{student}".encode(), hashlib.sha256).digest()


def shown(salt):
    return hashlib.sha256(b"shown " + salt).hexdigest()[:8]
