"""A service made with watermill: SERVICE KAFKA LOCATIONS SPEEDS [MOVES].

speeds  joins the locations with themselves, one step ahead, and writes speeds
moves   joins the locations with the speeds that begin there, and writes moves
"""
import sys
from dataclasses import dataclass
from typing import List
from typing import Mapping

from watermill.expressions import get_field
from watermill.message_brokers.kafka_message_broker import KafkaMessageBroker
from watermill.mill import WaterMill
from watermill.stream_join import JoinWith
from watermill.stream_join import join_streams


@dataclass(frozen=True, eq=True)
class Location:
    time: int
    x: int


@dataclass(frozen=True, eq=True)
class NextLocation:
    time: int
    x: int


@dataclass(frozen=True, eq=True)
class Speed:
    time_from: int
    time_to: int
    speed: int


@dataclass(frozen=True, eq=True)
class Move:
    time: int
    x: int
    speed: int


def speed(prev: Location, nexts: Mapping[Location, List[NextLocation]]) -> Speed:
    following = nexts[prev][0]
    return Speed(prev.time, following.time, following.x - prev.x)


def move(location: Location, speeds: Mapping[Location, List[Speed]]) -> Move:
    return Move(location.time, location.x, speeds[location][0].speed)


def main(service, kafka, locations, speeds, moves=None):
    topics = {Location: locations, NextLocation: locations, Speed: speeds, Move: moves}
    broker = KafkaMessageBroker(topic_names=topics, kafka_url=kafka, data_timeout=60_000,
                                consumer_group_name=f'{service}-{speeds}-{moves}')
    if service == 'speeds':
        join = JoinWith(with_type=NextLocation, left_expression=get_field('time') + 10, right_expression=get_field('time'))
        function = speed
    else:
        join = JoinWith(with_type=Speed, left_expression=get_field('time'), right_expression=get_field('time_from'))
        function = move
    WaterMill(broker=broker, process_func=function, join_tree=join_streams(Location, join)).run()


main(*sys.argv[1:])
