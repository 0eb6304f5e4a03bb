"""One topic's frames in order: what is next, what is missing, what is lost. Without sockets and clocks."""

from dataclasses import dataclass, field

from . import protocol


@dataclass
class Fill:
    """A request for frames that are missing."""

    identity: int
    last: int
    # When the newest request was sent or the newest reply came; None before both.
    sent_at: float | None = None
    # Requests since the newest reply, and when the first of them was sent.
    unanswered: int = 0
    since: float | None = None

    def sent(self, now):
        self.sent_at = now
        if self.unanswered == 0:
            self.since = now
        self.unanswered += 1

    def answered(self, now):
        self.sent_at = now
        self.unanswered = 0


@dataclass
class Track:
    """Where one topic stands."""

    topic: str
    # The next sequence; None before the first frame.
    next: int | None = None
    # How many frames there were when the publisher first told of the topic; None before.
    begun: int | None = None
    fill: Fill | None = None
    held: list = field(default_factory=list)

    def release(self):
        """The held frames that are next."""
        count, released = 0, []
        for sequence, data in self.held:
            if sequence > self.next:
                break
            if sequence == self.next:
                released.append(data)
                self.next += 1
            count += 1
        del self.held[:count]
        return released


class Tracker:
    """Puts the frames of a publisher in order and says what must be asked for.

    Appends to `out`: ("frame", topic, bytes), ("missed", topic, first, last), ("schema", topic, text), ("run", run),
    ("silent",), ("heard",), ("ended",), ("feed", flags), ("garbage", reason), ("topics", names of all that the publisher has).
    """

    HELD_MAX = 100_000

    def __init__(self, wants, start, conflate=False, silence=3.0, request_timeout=0.5, patience=10.0):
        self.wants, self.start, self.conflate = wants, start, conflate
        self.silence, self.request_timeout, self.patience = silence, request_timeout, patience
        self.out = []
        self.run = None
        # Runs that others have followed: by topic, what would be next.
        self.past_runs = {}
        self.tracks = {}
        self._announced = set()
        self.filled = self.duplicates = self.skipped = 0
        self._last_identity = 0
        # By kind and topic ("" for all): the newest request's identity, and when it was sent or last answered.
        self._inquiries = {(kind, ""): [0, None] for kind in self._first_inquiries()}
        self._last_heard = None
        self._is_silent = False
        # The publisher has said that nothing follows; and that is told.
        self._has_ended = self._is_end_told = False
        # How far each topic goes then.
        self._ends = []
        # What was last told of what the publisher has.
        self._feed = ()

    def _first_inquiries(self):
        return [protocol.ASK_SCHEMA] + ([protocol.ASK_SNAPSHOT] if self.start is None else [])

    def _identity(self):
        self._last_identity += 1
        return self._last_identity

    def _track(self, topic):
        if topic not in self.tracks:
            self.tracks[topic] = Track(topic, self.start)
        return self.tracks[topic]

    # What arrives

    def take(self, data, now):
        """A message of the feed."""
        try:
            row = protocol.header(data)
            heads = protocol.heads(data) if row["kind"] == protocol.HEARTBEAT_KIND else []
        except protocol.BadBytes as error:
            self.out.append(("garbage", str(error)))
            return
        # Of the past, unless the run that followed it has fallen silent.
        if int(row["run"]) in self.past_runs and not self._is_silent:
            return
        self._hear(now)
        self._note_run(int(row["run"]))
        topic, kind = protocol.topic_of(row), int(row["kind"])
        self._note_end(kind == protocol.HEARTBEAT_KIND and int(row["columns"]) == 1)
        if kind == protocol.HEARTBEAT_KIND:
            self._note_feed(int(row["quality"]))
            heads = [(name, head) for name, head in heads if self.wants(name)]
            for name, head in heads:
                self._see(self._track(name), head)
            if self._has_ended:
                self._ends = heads
        elif kind == protocol.SCHEMA_KIND:
            name = topic.removeprefix("schema.")
            if self.wants(name):
                self.out.append(("schema", name, data[protocol.HEADER.itemsize :]))
        elif self.wants(topic):
            self._take_live(self._track(topic), int(row["sequence"]), data)

    def _note_end(self, is_last):
        if self._has_ended and not is_last:
            self._is_end_told = False
        self._has_ended = is_last

    def _note_feed(self, quality):
        flags = tuple(name for bit, name in protocol.FEED_FLAGS.items() if quality & bit)
        if flags != self._feed:
            self._feed = flags
            self.out.append(("feed", flags))

    def _take_live(self, track, sequence, data):
        if track.next is None:
            track.next = sequence
        if sequence < track.next:
            self.duplicates += 1
        elif self.conflate:
            self.skipped += sequence - track.next
            track.next = sequence + 1
            self.out.append(("frame", track.topic, data))
        elif sequence == track.next and track.fill is None and not track.held:
            track.next += 1
            self.out.append(("frame", track.topic, data))
        else:
            if len(track.held) < self.HELD_MAX and (not track.held or track.held[-1][0] < sequence):
                track.held.append((sequence, data))
            if track.fill is None:
                self._advance(track)

    def _see(self, track, head):
        if track.fill is not None or track.next is None or head <= track.next:
            return
        if self.conflate:
            # The newest itself was lost.
            self._inquiries.setdefault((protocol.ASK_SNAPSHOT, track.topic), [0, None])
        else:
            track.fill = Fill(self._identity(), head - 1)

    def take_reply(self, parts, now):
        """A reply of the snapshot socket."""
        try:
            if len(parts) != 2:
                raise protocol.BadBytes(f"reply of {len(parts)} parts, not 2")
            reply = protocol.Reply.read(parts[0])
        except protocol.BadBytes as error:
            self.out.append(("garbage", str(error)))
            return
        # Another run makes itself known by the feed first; that it answers is no sign of this one's life.
        if self.run not in (None, reply.run):
            return
        self._hear(now)
        if self.run is None:
            self._note_run(reply.run)
        for place, inquiry in self._inquiries.items():
            if inquiry[0] == reply.identity:
                self._take_answer(place, inquiry, reply, parts[1], now)
                return
        track = self.tracks.get(reply.topic)
        # Frames say themselves where they belong, also in a late answer to an earlier request.
        is_own = track and track.fill and track.fill.identity == reply.identity
        if is_own or (track and track.fill and reply.kind in (protocol.REPLY_FRAME, protocol.REPLY_GONE)):
            self._take_fill(track, reply, parts[1], now)

    def _take_answer(self, place, inquiry, reply, payload, now):
        inquiry[1] = now
        if reply.kind == protocol.REPLY_SCHEMA:
            self._announced.add(reply.topic)
        if reply.kind == protocol.REPLY_SCHEMA and self.wants(reply.topic):
            self.out.append(("schema", reply.topic, payload))
            track = self._track(reply.topic)
            track.begun = reply.first if track.begun is None else track.begun
            self._begin_quiet_topics()
        elif reply.kind == protocol.REPLY_FRAME and self.wants(reply.topic) and self._is_frame_of(reply, payload):
            self._take_live(self._track(reply.topic), reply.first, payload)
        elif reply.kind in (protocol.REPLY_END, protocol.REPLY_UNKNOWN_TOPIC):
            del self._inquiries[place]
            if place[0] == protocol.ASK_SCHEMA:
                self.out.append(("topics", tuple(sorted(self._announced))))
            self._begin_quiet_topics()

    def _begin_quiet_topics(self):
        """A topic without a newest frame begins with what comes after it was told of: that could be lost like any other."""
        is_answered = (protocol.ASK_SNAPSHOT, "") not in self._inquiries
        for track in self.tracks.values():
            if track.next is None and track.begun is not None and (is_answered or track.begun == 0):
                track.next = track.begun

    def _take_fill(self, track, reply, payload, now):
        track.fill.answered(now)
        if reply.kind == protocol.REPLY_FRAME:
            if reply.first == track.next:
                # What is no frame is told as such: another request would get it again.
                track.next += 1
                if self._is_frame_of(reply, payload):
                    self.filled += 1
                    self.out.append(("frame", track.topic, payload))
        elif reply.kind == protocol.REPLY_GONE:
            if reply.first <= track.next:
                # What lies behind the gap is here already.
                self._miss(track, min(reply.last, track.fill.last))
        elif reply.kind == protocol.REPLY_END:
            track.fill = None
            self._advance(track)
        elif reply.kind == protocol.REPLY_UNKNOWN_TOPIC:
            self._give_up(track)

    def _is_frame_of(self, reply, payload):
        """Whether what a reply brings is the frame that it names."""
        try:
            row = protocol.header(payload)
            topic, sequence = protocol.topic_of(row), int(row["sequence"])
            if (topic, sequence) != (reply.topic, reply.first):
                raise protocol.BadBytes(f"frame {sequence} of {topic}")
            return True
        except protocol.BadBytes as error:
            self.out.append(("garbage", f"reply for {reply.first} of {reply.topic}: {error}"))
            return False

    # Gaps

    def _advance(self, track):
        for data in track.release():
            self.out.append(("frame", track.topic, data))
        if track.held:
            track.fill = Fill(self._identity(), track.held[0][0] - 1)

    def _miss(self, track, last):
        if last >= track.next:
            self.out.append(("missed", track.topic, track.next, last))
            track.next = last + 1

    def _settle(self, track):
        """Nobody answers any more for a run that is over: the frames that came are handed out, and the others are missed."""
        while track.held:
            self._miss(track, track.held[0][0] - 1)
            for data in track.release():
                self.out.append(("frame", track.topic, data))
        if track.fill is not None:
            self._miss(track, track.fill.last)

    def _give_up(self, track):
        last, track.fill = track.fill.last, None
        self._miss(track, last)
        self._advance(track)

    # Time

    def _is_due(self, sent_at, now):
        return sent_at is None or now - sent_at > self.request_timeout

    def tick(self, now):
        """The requests that must be sent now, as (bytes, function to call when it was sent)."""
        self._last_heard = now if self._last_heard is None else self._last_heard
        if not self._is_silent and now - self._last_heard > self.silence:
            self._is_silent = True
            self.out.append(("silent",))
        requests = []
        for (kind, topic), inquiry in self._inquiries.items():
            if self._is_due(inquiry[1], now):
                inquiry[0] = self._identity()
                requests.append(
                    (protocol.request(kind, inquiry[0], topic), lambda inquiry=inquiry: inquiry.__setitem__(1, now))
                )
        for track in self.tracks.values():
            fill = track.fill
            if fill is None or not self._is_due(fill.sent_at, now):
                continue
            # Two at least: who was away himself knows nothing of an answer before he has asked again.
            # One that has ended answers no more.
            patience = self.patience if not self._is_silent else 0 if self._has_ended else 4 * self.patience
            if fill.unanswered > 1 and now - fill.since > patience:
                self._give_up(track)
                continue
            fill.identity = self._identity()
            message = protocol.request(protocol.ASK_FRAMES, fill.identity, track.topic, track.next, fill.last)
            requests.append((message, lambda fill=fill: fill.sent(now)))
        if self._has_ended and not self._is_end_told:
            for name, head in self._ends:
                self._see(self._track(name), head)
        if self._has_ended and not self._is_end_told and not any(t.fill or t.held for t in self.tracks.values()):
            self._is_end_told = True
            self.out.append(("ended",))
        return requests

    def _hear(self, now):
        self._last_heard = now
        if self._is_silent:
            self._is_silent = False
            self.out.append(("heard",))
            # It could not answer.
            for track in self.tracks.values():
                if track.fill is not None:
                    track.fill.unanswered = 0

    def _note_run(self, run):
        if run == self.run:
            return
        past, self.run = self.run, run
        if past is not None:
            for track in self.tracks.values():
                self._settle(track)
        self.out.append(("run", run))
        if past is None:
            return
        # Of a run that is taken up again what lies behind the last frame is wanted.
        seen = self.past_runs.pop(run, {})
        self.past_runs[past] = {topic: track.next for topic, track in self.tracks.items() if track.next is not None}
        for oldest in list(self.past_runs)[:-16]:
            del self.past_runs[oldest]
        for topic in self.tracks:
            self.tracks[topic] = Track(topic, seen.get(topic, 0))
        self._announced = set()
        self._inquiries = {(protocol.ASK_SCHEMA, ""): [0, None]}
