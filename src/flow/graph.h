// Who has read what: the dependency graph under tables, indexes and derived rows.
//
// A *cell* is something readable (a row, present or not; a group).  A *row* is something recomputed.  Edges sit
// in a pool, doubly linked per cell, so that forgetting one costs O(1) even where 100,000 rows read one cell.
// One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace limen::flow {

using CellId = uint32_t;
using RowId = uint32_t;
using StageId = uint32_t;
inline constexpr uint32_t kNone = UINT32_MAX;

// The rules of one derived table.
class Stage {
 public:
  virtual ~Stage() = default;
  virtual void run(RowId row) = 0;
};

// Something that keeps entries which nobody may need any more.
class Collectable {
 public:
  virtual ~Collectable() = default;
  virtual void collect_garbage() = 0;
};

// What a rule reads through: it notes each cell.
class Reads {
 public:
  explicit Reads(std::vector<CellId>& cells) : cells_(cells) { cells_.clear(); }
  void note(CellId cell) { cells_.push_back(cell); }

 private:
  std::vector<CellId>& cells_;
};

class Graph {
 public:
  Graph() = default;
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  // Recomputes what is dirty, stage by stage, each row once; returns how many rows ran.
  size_t commit();

  // ---- for tables, indexes and derived tables
  StageId add_stage(Stage* stage);
  CellId new_cell();
  void free_cell(CellId cell);             // REQUIRES: !is_read(cell)
  bool is_read(CellId cell) const { return first_edge_[cell] != kNone; }
  RowId new_row(StageId stage);
  void free_row(RowId row);
  void mark_dirty(RowId row);              // REQUIRES: the row's stage has not run in this commit
  void touch(CellId cell);                 // the cell's value is another: its readers are dirty
  void set_reads(RowId row, const std::vector<CellId>& cells);
  void collect_later(Collectable* collectable);  // at the end of the commit, when reads are settled

  // ---- counters, for tests and metrics
  size_t edges() const { return edges_.size() - free_edges_.size(); }
  size_t cells() const { return first_edge_.size() - free_cells_.size(); }
  size_t rows() const { return rows_.size() - free_rows_.size(); }

 private:
  struct Edge {
    CellId cell;
    RowId row;
    uint32_t previous, next;               // among the cell's readers
  };
  struct Row {
    StageId stage = kNone;
    bool dirty = false;
    std::vector<uint32_t> edges;           // in the order of reading
  };

  uint32_t link(RowId row, CellId cell);
  void unlink(uint32_t edge);

  std::vector<Stage*> stages_;
  std::vector<std::vector<RowId>> dirty_;  // per stage
  std::vector<Row> rows_;
  std::vector<RowId> free_rows_;
  std::vector<uint32_t> first_edge_;       // per cell
  std::vector<CellId> free_cells_;
  std::vector<Edge> edges_;
  std::vector<uint32_t> free_edges_;
  std::vector<Collectable*> to_collect_;
  StageId running_ = 0;                    // in a commit: rows of earlier stages must stay clean
};

}  // namespace limen::flow
