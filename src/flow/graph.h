// Who has read what: the dependency graph under tables, indexes and derived rows.
//
// A *cell* is something that is read: a row, present or not, or a group.  A *row* is something that
// a rule computes.  An edge says that a row has read a cell.  Cells, rows and edges live in pools,
// and what nobody needs any more is freed at the end of the commit.  One thread.  Misuse ends the
// process with a message.
#pragma once

#include <absl/container/inlined_vector.h>

#include <cstdint>
#include <string>
#include <vector>

#include "flow/pool.h"

namespace limen::flow {

using CellId = uint32_t;
using RowId = uint32_t;

class Graph;
class Reads;

// What a table has done so far.
struct Counters {
  std::string table;
  size_t rows = 0;        // that it has now; for an index: groups
  size_t recomputed = 0;  // times that a row was set, by hand or by its rule; for an index: 0
  size_t cut_off = 0;     // ... to what it was already
};

// A table or an index, as the graph sees it.  An entry is what the node keeps under one key; the
// graph only hands it back.  REQUIRES: the node lives as long as its graph commits.
class Node {
 public:
  Node(Graph& graph, std::string name);
  virtual ~Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  Graph& graph() const { return graph_; }
  const std::string& name() const { return name_; }
  virtual Counters counters() const = 0;

 protected:
  void own(const Node& node);

 private:
  friend Graph;
  friend Reads;
  void require_above(const Node& read) const;
  virtual void unread(void* entry) = 0;  // the entry's cell is freed: its last reader is gone
  // Of derived tables.
  virtual const void* key_of(const void*) const { return nullptr; }
  virtual bool run(void*, Reads&) { return true; }  // false: the row exists no longer

  Graph& graph_;
  const std::string name_;
  std::vector<const Node*> own_;  // of a derived table: see Derived::reads_own()
  const uint16_t position_;       // in the order of creation
};

// What a rule reads through: it notes each cell.
class Reads {
 public:
  // For tables and indexes: `entry` is being read.  Gives it a cell if it has none yet.
  void note(const Node& node, void* entry, CellId& cell);
  // Whether `key` is the very key of the row that runs, and changes of it in `node` wake the row
  // without an edge.
  bool is_own(const Node& node, const void* key) const;

 private:
  friend Graph;
  const Node* reader_ = nullptr;
  const void* key_ = nullptr;
  std::vector<CellId> cells_;
};

class Graph {
 public:
  Graph() = default;
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  // Recomputes what is dirty, table by table in the order of creation, each row once; returns how
  // many.
  size_t commit();

  // ---- for metrics, tests and people
  std::vector<Counters> counters() const;  // of each table and index
  size_t cells() const { return cells_.size(); }
  size_t rows() const { return rows_.size(); }
  size_t edges() const { return edges_.size(); }

  // ---- for tables and indexes
  bool committing() const { return committing_; }
  RowId new_row(const Node& node, void* entry);
  void touch(CellId cell);  // the cell's value is another; kNone: nobody has read it
  void mark_dirty(RowId row);

 private:
  friend Node;
  friend Reads;
  struct Cell {
    void* entry;          // nullptr: freed
    uint32_t first_edge;  // among its readers; kNone: unread
    uint16_t node;
  };
  struct Row {
    void* entry;
    uint16_t node;
    bool dirty;
    absl::InlinedVector<uint32_t, 4> edges;  // in the order of their cells
  };
  // Doubly linked per cell: forgetting one read costs O(1) even where 100,000 rows read the cell.
  struct Edge {
    CellId cell;
    RowId row;
    uint32_t previous, next;
  };

  void run(RowId row);
  void set_reads(RowId row);
  uint32_t link(RowId row, CellId cell);
  void unlink(uint32_t edge);
  void free_unread_cells();

  std::vector<Node*> nodes_;
  std::vector<std::vector<RowId>> dirty_;  // per node
  Pool<Cell> cells_;
  Pool<Row> rows_;
  Pool<Edge> edges_;
  std::vector<CellId> unread_;     // may be unread
  std::vector<uint32_t> scratch_;  // set_reads(): the new edges
  Reads reads_;                    // of the rule that runs
  bool committing_ = false;
};

[[noreturn]] void misused(const std::string& how);

}  // namespace limen::flow
