import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.EmitStrategy;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.kstream.TimeWindows;

/** The workloads by Kafka Streams: java Peer WORKLOAD KAFKA PREFIX OUTPUT STATE. It runs until it is stopped. */
public class Peer {
    static final ObjectMapper JSON = new ObjectMapper();

    // Long enough that no element of a backlog comes too late, however far the two sides of a join are apart.
    static final Duration GRACE = Duration.ofDays(30);

    // When the streams begin, a multiple of all periods: Kafka deletes what is too old.
    static final long BEGIN = 1_790_000_400_000L;

    @JsonIgnoreProperties(ignoreUnknown = true)
    public static class Location {
        public long time;
        public double x, y;
        @JsonProperty("eos__") public boolean end;
    }

    public record Speed(long time_from, long time_to, double speed) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    public static class Audio {
        public long time_seconds;
        public double data;
        @JsonProperty("eos__") public boolean end;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    public static class Frame {
        public long time_ms;
        public double data;
        @JsonProperty("eos__") public boolean end;
    }

    public record Frames(long time_seconds, int count, double mean) {}

    public record Stay(long window, int count, double mean) {}

    public static class Sum {
        public int count;
        public double sum;

        Sum add(double value) {
            count++;
            sum += value;
            return this;
        }
    }

    static <T> Serde<T> json(Class<T> type) {
        Deserializer<T> read = (topic, data) -> {
            try {
                return data == null ? null : JSON.readValue(data, type);
            } catch (Exception e) {
                throw new RuntimeException(e);
            }
        };
        return Serdes.serdeFrom((topic, value) -> {
            try {
                return value == null ? null : JSON.writeValueAsBytes(value);
            } catch (Exception e) {
                throw new RuntimeException(e);
            }
        }, read);
    }

    static final Serde<Long> LONG = Serdes.Long();

    // lines: W1

    static void speeds(StreamsBuilder builder, String prefix, String output) {
        Serde<Location> location = json(Location.class);
        KStream<byte[], Location> locations = builder.stream(prefix + "locations",
                Consumed.with(Serdes.ByteArray(), location)
                        .withTimestampExtractor((record, time) -> BEGIN + ((Location) record.value()).time))
                .filter((key, l) -> !l.end);
        KStream<Long, Location> prev = locations.selectKey((key, l) -> l.time + 10);
        KStream<Long, Location> next = locations.selectKey((key, l) -> l.time);
        prev.join(next, (p, n) -> {
            double dx = n.x - p.x, dy = n.y - p.y;
            return new Speed(p.time, n.time, Math.sqrt(dx * dx + dy * dy));
        }, JoinWindows.ofTimeDifferenceAndGrace(Duration.ofMillis(10), GRACE), StreamJoined.with(LONG, location, location))
                .to(output, Produced.with(LONG, json(Speed.class)));
    }

    // lines: W2

    static void frames(StreamsBuilder builder, String prefix, String output) {
        Serde<Audio> sound = json(Audio.class);
        Serde<Sum> sum = json(Sum.class);
        KStream<Long, Audio> audio = builder.stream(prefix + "audio", Consumed.with(Serdes.ByteArray(), sound)
                .withTimestampExtractor((record, time) -> BEGIN + ((Audio) record.value()).time_seconds * 1000))
                .filter((key, a) -> !a.end)
                .selectKey((key, a) -> a.time_seconds);
        KStream<Long, Frame> frames = builder.stream(prefix + "frames", Consumed.with(Serdes.ByteArray(), json(Frame.class))
                .withTimestampExtractor((record, time) -> {
                    Frame f = (Frame) record.value();
                    return f.end ? time + 2000 : BEGIN + f.time_ms;
                }))
                .selectKey((key, f) -> f.end ? -1 : f.time_ms / 1000);
        KStream<Long, Sum> sums = frames.groupByKey(Grouped.with(LONG, json(Frame.class)))
                .windowedBy(TimeWindows.ofSizeWithNoGrace(Duration.ofSeconds(1)))
                .emitStrategy(EmitStrategy.onWindowClose())
                .aggregate(Sum::new, (key, f, s) -> s.add(f.data), Materialized.with(LONG, sum))
                .toStream((window, s) -> window.key());
        audio.join(sums, (a, s) -> new Frames(a.time_seconds, s.count, s.sum / s.count),
                JoinWindows.ofTimeDifferenceAndGrace(Duration.ofSeconds(1), GRACE), StreamJoined.with(LONG, sound, sum))
                .to(output, Produced.with(LONG, json(Frames.class)));
    }

    // lines: W4

    static void stays(StreamsBuilder builder, String prefix, String output) {
        // The end mark has a key of its own, and closes the last window.
        builder.stream(prefix + "locations", Consumed.with(Serdes.ByteArray(), json(Location.class))
                .withTimestampExtractor((record, time) -> {
                    Location l = (Location) record.value();
                    return l.end ? time + 600 : BEGIN + l.time;
                }))
                .map((key, l) -> KeyValue.pair(l.end ? -1L : l.time / 300, l.x))
                .groupByKey(Grouped.with(LONG, Serdes.Double()))
                .windowedBy(TimeWindows.ofSizeWithNoGrace(Duration.ofMillis(300)))
                .emitStrategy(EmitStrategy.onWindowClose())
                .aggregate(Sum::new, (key, x, s) -> s.add(x), Materialized.with(LONG, json(Sum.class)))
                .toStream((window, s) -> window.key())
                .mapValues((window, s) -> new Stay(window, s.count, s.sum / s.count))
                .to(output, Produced.with(LONG, json(Stay.class)));
    }

    // lines: all

    public static void main(String[] args) {
        Properties config = new Properties();
        config.put(StreamsConfig.APPLICATION_ID_CONFIG, args[3]);
        config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[1]);
        config.put(StreamsConfig.STATE_DIR_CONFIG, args[4]);
        config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        config.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        // Without it, windows are emitted once a second at most, and those that are dropped before are lost.
        config.put("__emit.interval.ms.kstreams.windowed.aggregation__", 0L);
        // One for reading and re-keying, one for what comes after.
        config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        StreamsBuilder builder = new StreamsBuilder();
        switch (args[0]) {
            case "W1" -> speeds(builder, args[2], args[3]);
            case "W2" -> frames(builder, args[2], args[3]);
            case "W4" -> stays(builder, args[2], args[3]);
            default -> throw new IllegalArgumentException("no workload " + args[0] + ": there are W1, W2 and W4");
        }
        KafkaStreams streams = new KafkaStreams(builder.build(), config);
        streams.setUncaughtExceptionHandler(e -> {
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
            return null;
        });
        // lines: none
        streams.setStateListener((now, before) -> {
            if (now == KafkaStreams.State.RUNNING) {
                System.err.println("bench: ready");
            }
        });
        // lines: all
        Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(10))));
        streams.start();
    }
}
