"""Posts with replica lag: what was written is not what is read, for a moment.

The store keeps the newest posts of all communities together, up to one limit. Since they are numbered as they arrive,
the oldest of all is also the oldest of its community, and dropping it keeps both views of the store equal.
"""

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

FOUNDING_POSTS = 20
KEPT_POSTS = 5_000


@dataclass(frozen=True, slots=True)
class Post:
    """One post, rendered once: answers are made by joining `json`."""

    id: str
    community: str
    visible_at: float
    json: bytes


def rendered(number: int, community: str, body: str, visible_at: float) -> Post:
    """Make a post whose JSON carries its id and its body."""
    text = json.dumps({"id": str(number), "body": body})
    return Post(str(number), community, visible_at, text.encode())


class PostStore:
    """Posts of every community; each one starts with the same founding posts, so that no feed is empty."""

    def __init__(self, *, lag: float, clock: Callable[[], float], growth: float = 0.0, limit: int = KEPT_POSTS) -> None:
        self._lag, self._growth = lag, growth
        self._clock, self._started = clock, clock()
        self._limit = limit
        self._founding = tuple(
            rendered(number, "", f"founding post {number}", 0.0) for number in range(FOUNDING_POSTS, 0, -1)
        )
        self._written: dict[str, Post] = {}
        self._communities: dict[str, deque[Post]] = {}
        self._last_number = FOUNDING_POSTS

    @property
    def writes(self) -> int:
        """How many posts were ever written."""
        return self._last_number - FOUNDING_POSTS

    def __len__(self) -> int:
        return len(self._founding) + len(self._written)

    def write(self, community: str, body: str) -> str:
        """Store a post and return its id; readers see it after the lag."""
        self._last_number += 1
        now = self._clock()
        lag = self._lag + self._growth * (now - self._started)
        post = rendered(self._last_number, community, body, now + lag)
        self._written[post.id] = post
        self._communities.setdefault(community, deque()).append(post)
        if len(self._written) > self._limit:
            self._drop_oldest()
        return post.id

    def readable(self, post_id: str) -> bool:
        """Whether a reader finds this post by now."""
        post = self._written.get(post_id)
        if post is None:
            return any(founding.id == post_id for founding in self._founding)
        return post.visible_at <= self._clock()

    def newest(self, community: str, limit: int) -> list[Post]:
        """Up to `limit` posts that a reader of this community sees by now, newest first."""
        return list(islice(chain(self._seen(community), self._founding), limit))

    def _seen(self, community: str) -> Iterator[Post]:
        now = self._clock()
        return (post for post in reversed(self._communities.get(community, ())) if post.visible_at <= now)

    def _drop_oldest(self) -> None:
        oldest = self._written.pop(next(iter(self._written)))
        posts = self._communities[oldest.community]
        posts.popleft()
        if not posts:
            del self._communities[oldest.community]
