"""The workloads by the Python package watermill: python3 peer.py WORKLOAD files|KAFKA FOLDER|PREFIX OUTPUT."""

import logging
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import List
from typing import Mapping

from watermill.expressions import get_field
from watermill.message_brokers.json_file_message_broker import JsonFileMessageBroker
from watermill.message_brokers.kafka_message_broker import KafkaMessageBroker
from watermill.message_brokers.message_broker import MessageBroker
from watermill.mill import WaterMill
from watermill.stream_join import JoinWith
from watermill.stream_join import join_streams
from watermill.windows import window


@dataclass(frozen=True)
class Location:
    time: int
    x: float
    y: float


@dataclass(frozen=True)
class NextLocation:
    time: int
    x: float
    y: float


@dataclass(frozen=True)
class Speed:
    time_from: int
    time_to: int
    speed: float


@dataclass(frozen=True)
class Move:
    time: int
    x: float
    y: float
    speed: float


@dataclass(frozen=True)
class Audio:
    time_seconds: int
    data: float


@dataclass(frozen=True)
class Frame:
    time_ms: int
    data: float
    frame_index: int
    first_frame_ts_seconds: int


@dataclass(frozen=True)
class Frames:
    time_seconds: int
    count: int
    mean: float


@dataclass(frozen=True)
class Stay:
    window: int
    count: int
    mean: float


def speed(prev: Location, nexts: Mapping[Location, List[NextLocation]]) -> Speed:
    following = nexts[prev][0]
    dx, dy = following.x - prev.x, following.y - prev.y
    return Speed(prev.time, following.time, math.sqrt(dx * dx + dy * dy))


def frames(audio: Audio, matches: Mapping[Audio, List[Frame]]) -> Frames:
    total = 0.0
    for frame in matches[audio]:
        total += frame.data
    return Frames(audio.time_seconds, len(matches[audio]), total / len(matches[audio]))


def move(
        prev: Location,
        nexts: Mapping[Location, List[NextLocation]],
        speeds: Mapping[NextLocation, List[Speed]],
) -> Move:
    following = nexts[prev][0]
    return Move(following.time, following.x, following.y, speeds[following][0].speed)


def stay(locations: List[Location]) -> Stay:
    total = 0.0
    for location in locations:
        total += location.x
    return Stay(locations[0].time // 300, len(locations), total / len(locations))


def broker(where: str, source: str, output: str, result: type) -> MessageBroker:
    if where == 'files':
        paths = {cls: Path(source) / f'{name}.json' for cls, name in STREAMS.items()}
        return JsonFileMessageBroker({**paths, result: Path(output)})
    topics = {cls: source + name for cls, name in STREAMS.items()}
    return KafkaMessageBroker(
        topic_names={**topics, result: output}, kafka_url=where, consumer_group_name=output, data_timeout=60_000,
    )


STREAMS = {Location: 'locations', NextLocation: 'locations', Speed: 'speeds', Audio: 'audio', Frame: 'frames'}


def main(workload: str, where: str, source: str, output: str) -> None:
    if workload == 'W1':
        # lines: W1
        join = JoinWith(NextLocation, get_field('time') + 10, get_field('time'))
        tree = join_streams(Location, join)
        WaterMill(broker(where, source, output, Speed), speed, join_tree=tree).run()
    elif workload == 'W2':
        # lines: W2
        join = JoinWith(Frame, get_field('time_seconds'), get_field('time_ms') // 1000)
        tree = join_streams(Audio, join)
        WaterMill(broker(where, source, output, Frames), frames, join_tree=tree).run()
    elif workload == 'W3':
        # lines: W3
        below = join_streams(NextLocation, JoinWith(Speed, get_field('time'), get_field('time_to')))
        tree = join_streams(Location, JoinWith(below, get_field('time') + 10, get_field('time')))
        WaterMill(broker(where, source, output, Move), move, join_tree=tree).run()
    elif workload == 'W4':
        # lines: W4
        stays = window(cls=Location, window_expression=get_field('time') // 300)
        WaterMill(broker(where, source, output, Stay), stay, stream_cls=stays).run()
    else:
        # lines: none
        sys.exit(f'no workload {workload!r}: there are W1, W2, W3 and W4')


if __name__ == '__main__':
    logging.disable(logging.CRITICAL)
    main(*sys.argv[1:])
