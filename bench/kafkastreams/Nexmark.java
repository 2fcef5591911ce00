import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** Queries of Nexmark by Kafka Streams: java Nexmark QUERY KAFKA PREFIX OUTPUT STATE. It runs until it is stopped. */
public class Nexmark {
    // As Peer has them, whose reading and writing of JSON serves here, too.
    static final Duration GRACE = Peer.GRACE;
    static final Serde<Long> LONG = Peer.LONG;

    // How much later than what names it a person or an auction may come, and how much earlier it is at most: a join of streams
    // can't be without a bound.
    static final Duration LATE = Duration.ofMillis(200), EARLY = Duration.ofSeconds(10);

    static final long WINDOW = 10_000;

    // The end mark has no key, so that joins pass over it.
    interface Event {
        long time();
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Person(long id, String name, String city, String state, long time) implements Event {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Auction(long id, String item, long time, long expires, long seller, long category) implements Event {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Bid(@JsonProperty("n") long number, long auction, long bidder, long price, long time) implements Event {}

    public record Local(long auction, String name, String city, String state) {}

    public record NewSeller(long id, String name, long auction) {}

    public record Expanded(long n, long price, String item, long seller) {}

    static final Serde<Person> PERSON = Peer.json(Person.class);
    static final Serde<Auction> AUCTION = Peer.json(Auction.class);
    static final Serde<Bid> BID = Peer.json(Bid.class);

    static <T extends Event> KStream<Long, T> read(StreamsBuilder builder, String topic, Serde<T> serde, long begin) {
        return builder.stream(topic, Consumed.with(LONG, serde)
                .withTimestampExtractor((record, time) -> begin + ((Event) record.value()).time()))
                .filter((key, event) -> key != null);
    }

    // Q3: who sells in three states, in a category

    static void locals(KStream<Long, Person> persons, KStream<Long, Auction> auctions, String output) {
        Set<String> states = Set.of("OR", "ID", "CA");
        auctions.filter((key, a) -> a.category == 10).selectKey((key, a) -> a.seller)
                .join(persons.filter((key, p) -> states.contains(p.state)),
                        (a, p) -> new Local(a.id, p.name, p.city, p.state),
                        JoinWindows.ofTimeDifferenceAndGrace(LATE, GRACE).before(EARLY), StreamJoined.with(LONG, AUCTION, PERSON))
                .to(output, Produced.with(LONG, Peer.json(Local.class)));
    }

    // Q8: who became a member and opened an auction in the same window; the first one

    static void newSellers(StreamsBuilder builder, KStream<Long, Person> persons, KStream<Long, Auction> auctions, String output) {
        builder.addStateStore(Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("seen"), LONG, LONG));
        persons.join(auctions.selectKey((key, a) -> a.seller),
                (p, a) -> p.time / WINDOW == a.time / WINDOW ? new NewSeller(p.id, p.name, a.id) : null,
                JoinWindows.ofTimeDifferenceAndGrace(Duration.ofMillis(WINDOW), GRACE), StreamJoined.with(LONG, PERSON, AUCTION))
                .filter((key, seller) -> seller != null)
                .processValues(First::new, "seen")
                .to(output, Produced.with(LONG, Peer.json(NewSeller.class)));
    }

    /** Passes the first value of each key on: the auctions of a person come in their order. */
    static class First implements FixedKeyProcessor<Long, NewSeller, NewSeller> {
        private FixedKeyProcessorContext<Long, NewSeller> context;
        private KeyValueStore<Long, Long> seen;

        @Override
        public void init(FixedKeyProcessorContext<Long, NewSeller> context) {
            this.context = context;
            seen = context.getStateStore("seen");
        }

        @Override
        public void process(FixedKeyRecord<Long, NewSeller> record) {
            if (seen.putIfAbsent(record.key(), record.value().auction) == null) {
                context.forward(record);
            }
        }
    }

    // Q20: bids with their auctions, of a category

    static void expanded(KStream<Long, Bid> bids, KStream<Long, Auction> auctions, String output) {
        bids.join(auctions.filter((key, a) -> a.category == 10),
                (b, a) -> new Expanded(b.number, b.price, a.item, a.seller),
                JoinWindows.ofTimeDifferenceAndGrace(LATE, GRACE).before(EARLY), StreamJoined.with(LONG, BID, AUCTION))
                .to(output, Produced.with(LONG, Peer.json(Expanded.class)));
    }

    public static void main(String[] args) {
        Properties config = new Properties();
        config.put(StreamsConfig.APPLICATION_ID_CONFIG, args[3]);
        config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[1]);
        config.put(StreamsConfig.STATE_DIR_CONFIG, args[4]);
        config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        config.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        // One for reading and re-keying, one for what comes after.
        config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        StreamsBuilder builder = new StreamsBuilder();
        // Kafka deletes what is too old, and refuses what comes from the future.
        long begin = System.currentTimeMillis() - Duration.ofHours(1).toMillis();
        KStream<Long, Auction> auctions = read(builder, args[2] + "auctions", AUCTION, begin);
        switch (args[0]) {
            case "Q3" -> locals(read(builder, args[2] + "persons", PERSON, begin), auctions, args[3]);
            case "Q8" -> newSellers(builder, read(builder, args[2] + "persons", PERSON, begin), auctions, args[3]);
            case "Q20" -> expanded(read(builder, args[2] + "bids", BID, begin), auctions, args[3]);
            default -> throw new IllegalArgumentException("no query " + args[0] + ": there are Q3, Q8 and Q20");
        }
        KafkaStreams streams = new KafkaStreams(builder.build(), config);
        streams.setUncaughtExceptionHandler(e -> {
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
            return null;
        });
        streams.setStateListener((now, before) -> {
            if (now == KafkaStreams.State.RUNNING) {
                System.err.println("bench: ready");
            }
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(10))));
        streams.start();
    }
}
