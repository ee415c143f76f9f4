#include "flow/flow.h"

#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <random>
#include <string>

namespace limen::flow {
namespace {

using Str = std::string;

struct Route {
  Str gateway, host, service;
  int rank = 0;
  bool operator==(const Route&) const = default;
};
struct Piece {
  Str gateway, host, text;
  int rank = 0;
  bool operator==(const Piece&) const = default;
};

// A small world with all shapes: conditional and negative reads, a diamond, chained and sorted
// indexes.
struct World {
  Graph graph;
  Table<Str, int> gateways{graph, "gateways"};
  Table<Str, Route> routes{graph, "routes"};
  Table<Str, int> services{graph, "services"};
  Derived<Str, Piece> pieces{
      "pieces", routes, [this](Reads& reads, const Str& key) -> std::shared_ptr<const Piece> {
        const Route* route = routes.get(reads, key);
        if (route == nullptr) return nullptr;
        const int* gateway = gateways.get(reads, route->gateway);
        if (gateway == nullptr) return nullptr;
        const int* service = services.get(reads, route->service);
        const Str text = key + ":" + (service != nullptr ? std::to_string(*service) : "500") + "@" +
                         std::to_string(*gateway);
        return std::make_shared<Piece>(Piece{route->gateway, route->host, text, route->rank});
      }};
  Index<Str, Str, Piece, int> by_host{
      "by_host", pieces, [](const Str&, const Piece& piece, auto& emit) {
        emit(piece.gateway + "|" + piece.host, piece.rank);
        if (piece.rank == 0) emit(piece.gateway + "|" + piece.host, 7);  // twice in one group
      }};
  Derived<Str, Str> hosts{"hosts", by_host,
                          [this](Reads& reads, const Str& key) -> std::shared_ptr<const Str> {
                            Str text;
                            for (const auto& [rank, name, piece] : by_host.get(reads, key).sorted())
                              text += std::to_string(rank) + piece.text + ";";
                            return std::make_shared<Str>(text);
                          }};
  Index<Str, Str, Str> by_gateway{"by_gateway", hosts, [](const Str& key, const Str&, auto& emit) {
                                    emit(key.substr(0, key.find('|')));
                                  }};
  Derived<Str, Str> configs{
      "configs", by_gateway, [this](Reads& reads, const Str& key) -> std::shared_ptr<const Str> {
        const int* gateway = gateways.get(reads, key);  // read above too: a diamond
        Str text = gateway != nullptr ? std::to_string(*gateway) : "none";
        for (const auto& [host, value] : by_gateway.get(reads, key)) text += "[" + value + "]";
        return std::make_shared<Str>(text);
      }};

  // With edges for everything, or without those to rows of the same key: the outcome is the same.
  explicit World(bool owns = true) {
    if (!owns) return;
    pieces.reads_own(routes);
    hosts.reads_own(by_host);
    configs.reads_own(gateways, by_gateway);
  }
};

template <class T>
std::map<Str, T> rows_of(const Table<Str, T>& table) {
  std::map<Str, T> rows;
  table.for_each([&](const Str& key, const T& value) { rows.emplace(key, value); });
  return rows;
}

struct Inputs {
  std::map<Str, int> gateways, services;
  std::map<Str, Route> routes;

  void fill(World& world) const {
    for (const auto& [key, value] : gateways) world.gateways.set(key, value);
    for (const auto& [key, value] : services) world.services.set(key, value);
    for (const auto& [key, value] : routes) world.routes.set(key, value);
    world.graph.commit();
  }
};

class Editor {
 public:
  Editor(Inputs& inputs, World& world, unsigned seed)
      : inputs_(inputs), world_(world), random_(seed) {}

  void edit() {
    switch (random_() % 6) {
      case 0:
        return set(inputs_.gateways, world_.gateways, pick("gw", 4),
                   static_cast<int>(random_() % 3));
      case 1: return erase(inputs_.gateways, world_.gateways, pick("gw", 4));
      case 2:
        return set(inputs_.services, world_.services, pick("svc", 6),
                   static_cast<int>(random_() % 3));
      case 3: return erase(inputs_.services, world_.services, pick("svc", 6));
      case 4: return erase(inputs_.routes, world_.routes, pick("r", 20));
      default:
        return set(
            inputs_.routes, world_.routes, pick("r", 20),
            Route{pick("gw", 4), pick("h", 4), pick("svc", 6), static_cast<int>(random_() % 3)});
    }
  }
  unsigned count() { return static_cast<unsigned>(random_() % 4 + 1); }

 private:
  Str pick(const char* prefix, unsigned n) { return prefix + std::to_string(random_() % n); }
  template <class V>
  void set(std::map<Str, V>& map, Table<Str, V>& table, const Str& key, V value) {
    map[key] = value;
    table.set(key, std::move(value));
  }
  template <class V>
  void erase(std::map<Str, V>& map, Table<Str, V>& table, const Str& key) {
    map.erase(key);
    table.erase(key);
  }

  Inputs& inputs_;
  World& world_;
  std::mt19937 random_;
};

TEST(Flow, RandomBatchesEqualARebuild) {
  Inputs inputs;
  World world;
  Editor editor(inputs, world, 3);
  size_t present = 0;
  for (int batch = 0; batch < 2000; ++batch) {
    for (unsigned n = editor.count(); n > 0; --n) editor.edit();
    world.graph.commit();
    World fresh(false);
    inputs.fill(fresh);
    ASSERT_EQ(rows_of(world.hosts), rows_of(fresh.hosts)) << "batch " << batch;
    ASSERT_EQ(rows_of(world.configs), rows_of(fresh.configs)) << "batch " << batch;
    present += rows_of(world.hosts).size();
  }
  EXPECT_GT(present, 5000u);  // the comparison had something to compare
}

TEST(Flow, ReadsOfTheOwnKeyNeedNoEdges) {
  World with, without(false);
  for (World* world : {&with, &without}) {
    world->gateways.set("gw", 1);
    for (const char* name : {"a", "b", "c"}) world->routes.set(name, Route{"gw", "h", "svc", 1});
    world->graph.commit();
  }
  EXPECT_EQ(rows_of(with.configs), rows_of(without.configs));
  // 3 pieces read a route each, 1 host its group, 1 config its gateway and its group.
  EXPECT_EQ(without.graph.edges() - with.graph.edges(), 6u);
  EXPECT_EQ(with.services.size(), 0u);
}

// A row that folds a large group: the sum of its members, which does not show how it is cut.
struct Sums {
  using Value = std::pair<int, int>;  // rank, number
  Graph graph;
  Table<int, Value> numbers{graph, "numbers"};
  Index<int, int, Value, int, long> all{
      "all", numbers, [](int, const Value& value, auto& emit) { emit(0, value.first); }};
  size_t visited = 0;
  Derived<int, long> sums{"sums", all, [this](Reads& reads, const int& key) {
                            const auto& group = all.get(reads, key);
                            long sum = 0;
                            const auto sum_of = [&](const auto& range) {
                              visited += range.size();
                              long part = 0;
                              for (const auto& [name, value] : range) part += value.second;
                              return std::make_shared<const long>(part);
                            };
                            if (!group.fold(sum_of, [&](const auto& part) { sum += *part; }))
                              sum = *sum_of(group.all());
                            return std::optional(sum);
                          }};
};

TEST(Flow, AFoldEqualsARebuild) {
  Sums world;
  std::map<int, int> numbers;
  std::mt19937 random(7);
  const auto total = [&] {
    return std::accumulate(numbers.begin(), numbers.end(), 0L,
                           [](long sum, const auto& entry) { return sum + entry.second; });
  };
  for (int batch = 0; batch < 3000; ++batch) {
    const int key = static_cast<int>(random() % 2000), number = static_cast<int>(random() % 100);
    if (batch % 5 == 4) {
      world.numbers.erase(key);
      numbers.erase(key);
    } else {  // a new number, and often another place in the order
      world.numbers.set(key, {static_cast<int>(random() % 50), number});
      numbers[key] = number;
    }
    world.visited = 0;
    world.graph.commit();
    if (numbers.empty()) continue;
    ASSERT_EQ(*world.sums.peek(0), total()) << "batch " << batch;
    ASSERT_LE(world.visited, numbers.size() <= 257 ? 257u : 1024u);
  }
  EXPECT_GT(numbers.size(), 1000u);
}

TEST(Flow, ARowRunsOnceACommit) {
  World world;
  world.gateways.set("gw", 1);
  for (const char* name : {"a", "b", "c"}) world.routes.set(name, Route{"gw", "h", "svc", 1});
  EXPECT_EQ(world.graph.commit(), 5u);  // 3 pieces, 1 host, 1 config
  world.gateways.set("gw", 2);
  world.services.set("svc", 80);
  EXPECT_EQ(world.graph.commit(), 5u);
}

TEST(Flow, ARowOfTwoSourcesIsThereWhileEitherHasItsKey) {
  Graph graph;
  Table<Str, int> left{graph, "left"}, right{graph, "right"};
  const auto by_value = [](const Str&, int value, auto& emit) { emit(value); };
  Index<int, Str, int> of_left{"of_left", left, by_value}, of_right{"of_right", right, by_value};
  int runs = 0;
  Derived<int, int> both{"both", std::tie(of_left, of_right), [&](Reads&, int key) {
                           ++runs;
                           return std::make_shared<const int>(key);
                         }};
  left.set("l", 1);
  right.set("r", 1);
  graph.commit();
  EXPECT_NE(both.peek(1), nullptr);
  EXPECT_EQ(runs, 1);
  left.erase("l");
  graph.commit();
  EXPECT_NE(both.peek(1), nullptr);
  right.set("r", 2);
  graph.commit();
  EXPECT_EQ(both.peek(1), nullptr);
  EXPECT_NE(both.peek(2), nullptr);
}

TEST(Flow, AnEqualValueWakesNobody) {
  Graph graph;
  Table<Str, int> numbers(graph, "numbers");
  Derived<Str, bool> odd("odd", numbers, [&](Reads& reads, const Str& key) {
    const int* number = numbers.get(reads, key);
    return number == nullptr ? nullptr : std::make_shared<const bool>(*number % 2 == 1);
  });
  Derived<Str, int> after("after", odd, [&](Reads& reads, const Str& key) {
    const bool* value = odd.get(reads, key);
    return value == nullptr ? nullptr : std::make_shared<const int>(*value ? 1 : 0);
  });
  numbers.set("n", 1);
  EXPECT_EQ(graph.commit(), 2u);
  numbers.set("n", 3);
  EXPECT_EQ(graph.commit(), 1u);
  numbers.set("n", 3);
  EXPECT_EQ(graph.commit(), 0u);
  numbers.set("n", 4);
  EXPECT_EQ(graph.commit(), 2u);
}

TEST(Flow, AbsenceIsReadToo) {
  World world;
  world.gateways.set("gw", 1);
  world.routes.set("r", Route{"gw", "h", "svc", 1});
  world.graph.commit();
  EXPECT_EQ(world.pieces.peek("r")->text, "r:500@1");
  world.services.set("svc", 80);
  world.graph.commit();
  EXPECT_EQ(world.pieces.peek("r")->text, "r:80@1");
}

TEST(Flow, AbsentTwiceInOneBatchIsNoChange) {
  World world;
  world.routes.set("r", Route{"gw", "h", "svc", 1});
  world.routes.erase("r");
  world.graph.commit();
  EXPECT_EQ(world.graph.rows(), 0u);
  EXPECT_EQ(world.pieces.size(), 0u);
}

TEST(Flow, ChurnDoesNotGrowTheGraph) {
  World world;
  world.gateways.set("gw", 1);
  size_t cells = 0, edges = 0, rows = 0;
  for (int i = 0; i < 20000; ++i) {
    const Str name = "r" + std::to_string(i);
    world.routes.set(name, Route{"gw", "h" + std::to_string(i), "svc" + std::to_string(i), 1});
    world.graph.commit();
    world.routes.erase(name);
    world.graph.commit();
    if (i == 5000)
      cells = world.graph.cells(), edges = world.graph.edges(), rows = world.graph.rows();
  }
  EXPECT_EQ(world.graph.rows(), rows);
  EXPECT_EQ(world.graph.edges(), edges);
  EXPECT_LE(world.graph.cells(), cells + 4096);
}

TEST(FlowDeathTest, OwningALaterTableEndsTheProcess) {
  Graph graph;
  Table<Str, int> numbers(graph, "numbers");
  Derived<Str, int> early("early", numbers, [&](Reads&, const Str&) { return std::optional(1); });
  Table<Str, int> late(graph, "late");
  EXPECT_DEATH(early.reads_own(late), "the rule of early reads late");
}

TEST(FlowDeathTest, ReadingALaterTableEndsTheProcess) {
  Graph graph;
  Table<Str, int> numbers(graph, "numbers");
  Derived<Str, int>* later = nullptr;
  Derived<Str, int> early("early", numbers, [&](Reads& reads, const Str& key) {
    later->get(reads, key);
    return std::make_shared<const int>(0);
  });
  Derived<Str, int> late("late", numbers, [&](Reads& reads, const Str& key) {
    const int* number = numbers.get(reads, key);
    return number == nullptr ? nullptr : std::make_shared<const int>(*number);
  });
  later = &late;
  numbers.set("n", 1);
  EXPECT_DEATH(graph.commit(), "the rule of early reads late");
}

}  // namespace
}  // namespace limen::flow
