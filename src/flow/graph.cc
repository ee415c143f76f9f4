#include "flow/graph.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace limen::flow {
namespace {

void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "flow: %s\n", what);
  std::abort();
}

}  // namespace

StageId Graph::add_stage(Stage* stage) {
  stages_.push_back(stage);
  dirty_.emplace_back();
  return static_cast<StageId>(stages_.size() - 1);
}

CellId Graph::new_cell() {
  if (free_cells_.empty()) {
    first_edge_.push_back(kNone);
    return static_cast<CellId>(first_edge_.size() - 1);
  }
  const CellId cell = free_cells_.back();
  free_cells_.pop_back();
  return cell;
}

void Graph::free_cell(CellId cell) {
  check(!is_read(cell), "a cell that has readers was freed");
  free_cells_.push_back(cell);
}

RowId Graph::new_row(StageId stage) {
  if (free_rows_.empty()) {
    rows_.emplace_back();
    free_rows_.push_back(static_cast<RowId>(rows_.size() - 1));
  }
  const RowId row = free_rows_.back();
  free_rows_.pop_back();
  rows_[row].stage = stage;
  rows_[row].dirty = false;
  return row;
}

void Graph::free_row(RowId row) {
  check(!rows_[row].dirty, "a dirty row was freed");
  set_reads(row, {});
  rows_[row].edges.shrink_to_fit();
  rows_[row].stage = kNone;
  free_rows_.push_back(row);
}

void Graph::mark_dirty(RowId row) {
  Row& it = rows_[row];
  if (it.dirty) return;
  check(it.stage >= running_, "a rule has read a table that is created after its own");
  it.dirty = true;
  dirty_[it.stage].push_back(row);
}

void Graph::touch(CellId cell) {
  for (uint32_t edge = first_edge_[cell]; edge != kNone; edge = edges_[edge].next) mark_dirty(edges_[edge].row);
}

void Graph::set_reads(RowId row, const std::vector<CellId>& cells) {
  std::vector<uint32_t>& edges = rows_[row].edges;
  size_t same = 0;
  while (same < edges.size() && same < cells.size() && edges_[edges[same]].cell == cells[same]) ++same;
  for (size_t i = same; i < edges.size(); ++i) unlink(edges[i]);
  edges.resize(same);
  edges.reserve(cells.size());
  for (size_t i = same; i < cells.size(); ++i) edges.push_back(link(row, cells[i]));
}

size_t Graph::commit() {
  size_t count = 0;
  for (StageId stage = 0; stage < stages_.size(); ++stage) {
    running_ = stage;
    std::vector<RowId> todo = std::exchange(dirty_[stage], {});
    for (RowId row : todo) {
      rows_[row].dirty = false;
      stages_[stage]->run(row);
    }
    count += todo.size();
    check(dirty_[stage].empty(), "a rule has read its own table");
  }
  running_ = 0;
  for (Collectable* collectable : std::exchange(to_collect_, {})) collectable->collect_garbage();
  return count;
}

void Graph::collect_later(Collectable* collectable) { to_collect_.push_back(collectable); }

uint32_t Graph::link(RowId row, CellId cell) {
  uint32_t edge = 0;
  if (free_edges_.empty()) {
    edge = static_cast<uint32_t>(edges_.size());
    edges_.emplace_back();
  } else {
    edge = free_edges_.back();
    free_edges_.pop_back();
  }
  edges_[edge] = {cell, row, kNone, first_edge_[cell]};
  if (first_edge_[cell] != kNone) edges_[first_edge_[cell]].previous = edge;
  first_edge_[cell] = edge;
  return edge;
}

void Graph::unlink(uint32_t edge) {
  const Edge it = edges_[edge];
  if (it.previous != kNone) {
    edges_[it.previous].next = it.next;
  } else {
    first_edge_[it.cell] = it.next;
  }
  if (it.next != kNone) edges_[it.next].previous = it.previous;
  free_edges_.push_back(edge);
}

}  // namespace limen::flow
