#include "experiments/lab/catching_up_page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "core/report/format.h"
#include "experiments/design/block.h"
#include "experiments/lab/catching_up.h"
#include "experiments/lab/register_table.h"

namespace retort::lab {
namespace {

constexpr double kLevels[] = {0.5, 0.8, 0.9};
constexpr int kFlops = -1, kListRow = 1;

std::string Flops(double value) { return PowerOfTen(value, 1); }
std::string Samples(double value) { return value >= 100 ? Count(std::round(value)) : fmt::format("{:.3g}", value); }
std::string Times(double value) { return value == 0 ? "0" : fmt::format("{:.2g}", value); }
std::string Money(double value) { return value >= 0.01 || value == 0 ? Dollars(value) : "$" + PowerOfTen(value, 1); }

template <class F>
std::string Or(const std::optional<Ranged>& value, const F& number) {
  return value ? ToString(*value, number) : std::string(kDash);
}

std::vector<DataField> Numbers(const std::optional<Ranged>& value) {
  if (!value) return {std::optional<double>(), std::optional<double>(), std::optional<double>(), "not known"};
  const bool point = value->from == value->to;
  return {point || std::isfinite(value->to) ? std::optional(value->to) : std::optional(value->from), value->low,
          std::isfinite(value->high) ? std::optional(value->high) : std::nullopt,
          point                      ? ""
          : std::isfinite(value->to) ? "at most"
                                     : "more than"};
}

const std::vector<DataColumn> kNumberColumns = {
    {"estimate", "see unit", "where open says at most or more than, a bound", "not known"},
    {"low", "see unit", "of the 95 % interval", "not known"},
    {"high", "see unit", "of the 95 % interval", "not known, or open: beyond the largest N"},
    {"open", "text", "at most: reached at the smallest N; more than: not reached within the grid", "neither"}};

void Add(DataTable& table, std::vector<DataField> row, const std::optional<Ranged>& value) {
  for (DataField& field : Numbers(value)) row.push_back(std::move(field));
  table.rows.push_back(std::move(row));
}

std::string UnitOf(const Expenses& expenses, int price) {
  return price < 0 ? "FLOPs" : "dollars, " + expenses.prices[static_cast<size_t>(price)].name;
}

// What the routes begin with, of the blocks' models.
Beginnings BeginningsOf(const std::vector<std::unique_ptr<Block>>& blocks, const CostRegister& entries) {
  Beginnings begin;
  const Block& main = *blocks.front();
  if (const auto* local = std::get_if<LocalTeacherConfig>(&main.config.teacher)) {
    begin.teacher_flops = TrainingFlops(local->model);
    begin.teacher_parameters = ParameterCount(local->model);
  }
  double sum = 0;
  bool all = !main.bases.empty();
  for (const auto& base : main.bases) {
    const std::optional<double> flops = TrainingFlops(base);
    all = all && flops;
    sum += flops.value_or(0) / static_cast<double>(main.bases.size());
  }
  if (all) begin.base_flops = sum;
  if (entries.teacher_training.value > 0) begin.teacher_flops = entries.teacher_training.value;
  if (entries.base_training.value > 0) begin.base_flops = entries.base_training.value;
  return begin;
}

OwnSection RoutesSection(const CatchingUp& world, const std::vector<Route>& routes) {
  const Expenses& expenses = world.expenses();
  Table table{.title = "What catching up costs, by route",
              .header = {"gap closed", "route", "samples (N)", "FLOPs in all", "training", "queries", "tried before",
                         "with the base", "$ low", "$ list", "$ high", "$ list, with the base"},
              .text_columns = 2,
              .note =
                  "N and sums with 95 % intervals: the bootstrap of N; the rest is counted and does not scatter. In "
                  "all: the student that is kept, the teacher's answers, and the students that were tried before "
                  "it. Dollars: of the same. 0 and ∞: the interval goes below the smallest N, or beyond the "
                  "largest."};
  DataTable data{.file = "costs.csv",
                 .about = "What one route to a share of the gap takes.",
                 .columns = {{"level", "share", "of the gap that is closed", ""},
                             {"route", "text", "how", ""},
                             {"what", "text", "samples, or what is counted beside the route's own bill", ""},
                             {"unit", "text", "samples, FLOPs, or dollars of a price row", ""}}};
  data.columns.insert(data.columns.end(), kNumberColumns.begin(), kNumberColumns.end());
  for (const double level : kLevels) {
    for (const Route& route : routes) {
      const std::optional<Ranged> n = world.Samples(route, level);
      Add(data, {level, route.name, "samples", "samples"}, n);
      for (int price = kFlops; price < static_cast<int>(kPriceRows); ++price) {
        for (const auto& [counted, what] : kCounted) {
          Add(data, {level, route.name, what, UnitOf(expenses, price)}, world.Cost(route, level, counted, price));
        }
      }
      const Bill bill = BillAt(route, n ? n->from == 0 ? n->to : n->from : 0, expenses, world.beginnings());
      const auto cost = [&](Counted counted, int price, auto number) {
        return Or(world.Cost(route, level, counted, price), number);
      };
      table.rows.push_back({Percent(level), route.name, Or(n, Samples), cost(Counted::kBill, kFlops, Flops),
                            n ? Flops(bill.training) : std::string(kDash), n ? Flops(bill.queries) : std::string(kDash),
                            n ? Flops(bill.tuning) : std::string(kDash), cost(Counted::kBase, kFlops, Flops),
                            cost(Counted::kBill, 0, Money), cost(Counted::kBill, 1, Money),
                            cost(Counted::kBill, 2, Money), cost(Counted::kBase, kListRow, Money)});
    }
  }
  return {.page = {.id = "catching-up", .title = "What catching up costs", .tables = {table}}, .data = {data}};
}

Table BeforeTable(const CatchingUp& world) {
  const Expenses& expenses = world.expenses();
  const Beginnings& begin = world.beginnings();
  const double share = expenses.entries.teacher_share.value;
  Table table{.title = "What was there before",
              .header = {"what", "grade", "FLOPs", "$ low", "$ list", "$ high"},
              .text_columns = 2,
              .note = "FLOPs by the models' cards: 6 a parameter and token of training, as the trainer counts them."};
  const auto add = [&](const std::string& what, const Assumption& given, std::optional<double> flops, double part) {
    const std::string grade = given.value > 0 ? given.grade : flops ? "measured here" : "not known";
    std::vector<TableCell> row = {what, grade, flops ? Flops(part * *flops) : std::string(kDash)};
    for (const PriceRow& price : expenses.prices) {
      row.emplace_back(flops ? Money(part * *flops * price.flop) : std::string(kDash));
    }
    table.rows.push_back(std::move(row));
  };
  add("the base's pretraining", expenses.entries.base_training, begin.base_flops, 1);
  add("the teacher's training, all of it", expenses.entries.teacher_training, begin.teacher_flops, 1);
  add(fmt::format("the teacher's training, the {:.3g} % that were about the target", 100 * share),
      expenses.entries.teacher_training, begin.teacher_flops, share);
  return table;
}

OwnSection RatioSection(const CatchingUp& world, const std::vector<Route>& routes, double declared) {
  const Expenses& expenses = world.expenses();
  const Route &first = routes.front(), &last = routes.back();
  Table table{
      .title = fmt::format("Times the cost of {}", last.name),
      .header = {"gap closed", "route", "counted beside its own bill", "FLOPs", "$ low", "$ list", "$ high"},
      .text_columns = 3,
      .note = fmt::format("Cost of the route over cost of {}, with shared resamples: below 1 it is cheaper. What "
                          "is counted is counted where a route uses it.",
                          last.name)};
  DataTable data{.file = "ratios.csv",
                 .about = fmt::format("Cost of a route over cost of {}.", last.name),
                 .columns = {{"level", "share", "of the gap that is closed", ""},
                             {"route", "text", "whose cost is divided", ""},
                             {"counted", "text", "beside the route's own bill", ""},
                             {"unit", "text", "of both costs", ""}}};
  data.columns.insert(data.columns.end(), kNumberColumns.begin(), kNumberColumns.end());
  for (const double level : kLevels) {
    for (size_t r = 0; r + 1 < routes.size(); ++r) {
      const bool asks = routes[r].teacher_tokens.back() > 0;
      for (const auto& [counted, what] : kCounted) {
        if (!asks && counted >= Counted::kShare) continue;
        std::vector<TableCell> row = {Percent(level), routes[r].name, what};
        for (int price = kFlops; price < static_cast<int>(kPriceRows); ++price) {
          const std::optional<Ranged> ratio = world.Ratio(routes[r], last, level, counted, price);
          Add(data, {level, routes[r].name, what, UnitOf(expenses, price)}, ratio);
          row.emplace_back(Or(ratio, Times));
        }
        table.rows.push_back(std::move(row));
      }
    }
  }
  OwnSection section{.page = {.id = "ratios",
                              .title = "Catching up against doing it oneself",
                              .tables = {std::move(table), BeforeTable(world)}},
                     .data = {std::move(data)}};
  const std::optional<Ranged> bill = world.Ratio(first, last, declared, Counted::kBill, kFlops),
                              base = world.Ratio(first, last, declared, Counted::kBase, kFlops);
  if (!bill) return section;
  std::string sentence = fmt::format(
      "Declared in the program: to close {} of the gap, {} took {} times the FLOPs of {} where what was there "
      "before "
      "counts as nothing",
      Percent(declared), first.name, Or(bill, Times), last.name);
  if (base) sentence += fmt::format(", and {} times where the base's pretraining is counted", Or(base, Times));
  section.verdicts.push_back(sentence + " (95 % intervals).");
  const std::optional<Ranged> own = world.Cost(first, declared, Counted::kBill, kFlops);
  if (own && world.beginnings().teacher_flops) {
    const double teacher = *world.beginnings().teacher_flops;
    const Ranged share = {own->from / teacher, own->to / teacher, own->low / teacher, own->high / teacher};
    section.verdicts.push_back(fmt::format(
        "The same catching up took {} times the FLOPs that training the teacher took, as far as the base is there "
        "already.",
        Or(share, Times)));
  }
  for (size_t r = 1; r + 1 < routes.size(); ++r) {
    if (const auto other = world.Ratio(first, routes[r], declared, Counted::kBill, kFlops)) {
      const char* order = other->high < 1  ? "the teacher's answers save training"
                          : other->low > 1 ? "the teacher's answers save nothing"
                                           : "the interval holds 1, so neither is shown to be cheaper";
      section.verdicts.push_back(fmt::format("With the same base, {} took {} times the FLOPs of {}: {}.", first.name,
                                             Or(other, Times), routes[r].name, order));
    }
  }
  return section;
}

OwnSection AssumedSection(const Expenses& expenses) {
  const auto fill = [](const std::vector<NamedAssumption>& entries, std::string title) {
    Table table{.title = std::move(title),
                .header = {"what", "grade", "source", "as of", "unit", "value", "plausible from", "to"},
                .text_columns = 5};
    for (const NamedAssumption& named : entries) {
      const Assumption& a = *named.entry;
      if (a.value == 0) continue;  // taken from elsewhere: it stands among what was there before
      table.rows.push_back(
          {named.help, a.grade, a.source, a.date, a.unit, Measured(a.value), Measured(a.low), Measured(a.high)});
    }
    return table;
  };
  Table prices{.title = "Prices",
               .header = {"row", "an hour of a GPU", "a token", "$ for 10¹⁸ FLOPs"},
               .text_columns = 3,
               .note =
                   "From configs/prices. Queries: the price of a token divided by the parameters of the model that "
                   "has it, times the teacher's."};
  for (const PriceRow& price : expenses.prices) {
    prices.rows.push_back({price.name, price.gpu, price.tokens, Money(1e18 * price.flop)});
  }
  std::vector<NamedAssumption> all = Entries(expenses.entries);
  std::ranges::move(FiguresOfOthers(expenses.entries), std::back_inserter(all));
  DataTable data = RegisterData(all);
  data.file = "register.csv";
  data.about = "An entry of the assumption register, as this page used it, or a figure of others.";
  return {.page = {.id = "assumed",
                   .title = "What the dollars stand on, and figures of others",
                   .paragraphs = {"Figures of others stand here as they were published or alleged. They are of other "
                                  "models, tasks and scales, and nothing on this page is extrapolated to them."},
                   .tables = {std::move(prices), fill(Entries(expenses.entries), "Assumed, and taken over"),
                              fill(FiguresOfOthers(expenses.entries), "Published and alleged by others")}},
          .data = {std::move(data)}};
}

}  // namespace

std::vector<OwnSection> CatchingUpSections(const SectionsInput& input, const std::vector<RouteName>& names,
                                           double declared) {
  const Block& main = *input.blocks.front();
  const Expenses expenses = ReadExpenses(main.context->config_dir(), main.config.assumptions);
  std::vector<Route> routes;
  for (const RouteName& name : names) {
    if (auto route = FindRoute(input.summary, name.name, name.arm, name.on_base)) routes.push_back(std::move(*route));
  }
  std::vector<OwnSection> sections;
  if (!routes.empty() && routes.front().arm == names.front().arm && routes.back().arm == names.back().arm &&
      routes.size() > 1) {
    const CatchingUp world(input.cells, main.task_name, expenses, BeginningsOf(input.blocks, expenses.entries),
                           main.config.evaluation.smallest_gap);
    sections.push_back(RatioSection(world, routes, declared));
    sections.push_back(RoutesSection(world, routes));
  }
  sections.push_back(AssumedSection(expenses));
  return sections;
}

}  // namespace retort::lab
