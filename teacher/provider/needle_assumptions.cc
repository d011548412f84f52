#include "teacher/provider/needle_assumptions.h"

#include <algorithm>

namespace retort {
namespace {

struct Row {
  std::string_view name, help;
  Assumption NeedleAssumptions::*entry;
};
constexpr Row kRows[] = {
    {"chat_accounts", "accounts of the haystack chat", &NeedleAssumptions::chat_accounts},
    {"api_accounts", "accounts of the haystack api", &NeedleAssumptions::api_accounts},
    {"debate_accounts", "accounts of the haystack debate", &NeedleAssumptions::debate_accounts},
    {"messages_a_week", "all messages to the chat service, for the base rates", &NeedleAssumptions::messages_a_week},
    {"horizon_days", "how long a campaign may last", &NeedleAssumptions::horizon_days},
    {"honest_monthly_mean", "mean of the honest rate, chat and debate", &NeedleAssumptions::honest_monthly_mean},
    {"honest_gamma_shape", "spread of the honest rate where it is Gamma", &NeedleAssumptions::honest_gamma_shape},
    {"honest_lognormal_sigma", "spread of the honest rate where it is lognormal",
     &NeedleAssumptions::honest_lognormal_sigma},
    {"honest_pareto_exponent", "exponent of the honest rate where it is Pareto",
     &NeedleAssumptions::honest_pareto_exponent},
    {"api_monthly_mean", "mean of the honest rate, api", &NeedleAssumptions::api_monthly_mean},
    {"api_gamma_shape", "spread of the honest rate where it is Gamma, api", &NeedleAssumptions::api_gamma_shape},
    {"topic_concentration", "sum of the Dirichlet parameters of an account's mix of eight topics",
     &NeedleAssumptions::topic_concentration},
    {"topic_zipf", "how unequal the everyday topics are", &NeedleAssumptions::topic_zipf},
    {"technical_share", "share of the three technical topics, chat and debate", &NeedleAssumptions::technical_share},
    {"api_technical_share", "share of the three technical topics, api", &NeedleAssumptions::api_technical_share},
    {"topic_spread", "how far topics lie apart", &NeedleAssumptions::topic_spread},
    {"account_style", "how far a person's texts lie from others on the same topic", &NeedleAssumptions::account_style},
    {"followup_share", "honest requests that follow up on the one before", &NeedleAssumptions::followup_share},
    {"followup_spread", "how far a follow-up lies from the request before", &NeedleAssumptions::followup_spread},
    {"day_shape", "Gamma shape of a person's weight of each day", &NeedleAssumptions::day_shape},
    {"linked_groups", "groups of two accounts or more", &NeedleAssumptions::linked_groups},
    {"group_exponent", "Pareto exponent of a group's size", &NeedleAssumptions::group_exponent},
    {"payment_share", "linked by a payment: members work on the same things", &NeedleAssumptions::payment_share},
    {"template_share", "linked by a template: prompts share a form", &NeedleAssumptions::template_share},
    {"evaluator_share", "template groups that only evaluate models", &NeedleAssumptions::evaluator_share},
    {"evaluator_volume", "requests of an evaluator beside those of others", &NeedleAssumptions::evaluator_volume},
    {"distiller_topics", "technical topics first, spread evenly", &NeedleAssumptions::distiller_topics},
    {"template_shift", "how far a template moves a text, evaluators' as well", &NeedleAssumptions::template_shift},
    {"campaign_templates", "templates that the prompts of a campaign are made from",
     &NeedleAssumptions::campaign_templates},
    {"attempts_per_sample", "requests that a sample takes: a of Q = N90 a / y (1 + decoys)",
     &NeedleAssumptions::attempts_per_sample},
    {"accepted_share", "answers that can be used: y of Q = N90 a / y (1 + decoys)", &NeedleAssumptions::accepted_share},
    {"attacker_linked", "accounts of a campaign that the provider can link to each other",
     &NeedleAssumptions::attacker_linked},
    {"link_dilution", "honest members in the group that holds a campaign's linked accounts",
     &NeedleAssumptions::link_dilution},
    {"camouflage_high", "the most decoys that camouflage tries", &NeedleAssumptions::camouflage_high},
    {"cap_quantile", "honest volume that capped accounts stay at", &NeedleAssumptions::cap_quantile},
    {"reseller_quantile", "volume of an honest customer that passes requests on",
     &NeedleAssumptions::reseller_quantile},
    {"reseller_share", "a distiller's requests among those of a reseller", &NeedleAssumptions::reseller_share},
    {"review_capacity", "alarms that people look at; more wait", &NeedleAssumptions::review_capacity},
    {"review_days", "from the day a reviewer takes up an alarm to the end of the account",
     &NeedleAssumptions::review_days},
    {"account_daily_limit", "the most that one account may send", &NeedleAssumptions::account_daily_limit},
    {"prompt_tokens", "length of a prompt", &NeedleAssumptions::prompt_tokens},
    {"completion_tokens", "length of an answer", &NeedleAssumptions::completion_tokens},
    {"input_price", "price of a token read", &NeedleAssumptions::input_price},
    {"output_price", "price of a token written", &NeedleAssumptions::output_price},
    {"account_price", "what one more account costs", &NeedleAssumptions::account_price},
    {"published_limo", "LIMO", &NeedleAssumptions::published_limo},
    {"published_s1k", "s1K", &NeedleAssumptions::published_s1k},
    {"published_sky_t1", "Sky-T1", &NeedleAssumptions::published_sky_t1},
    {"published_r1_distill", "DeepSeek-R1-Distill", &NeedleAssumptions::published_r1_distill},
    {"alleged_150k", "laid to DeepSeek", &NeedleAssumptions::alleged_150k},
    {"alleged_3m4", "laid to Moonshot AI", &NeedleAssumptions::alleged_3m4},
    {"alleged_13m", "laid to MiniMax", &NeedleAssumptions::alleged_13m},
    {"alleged_16m", "laid to the three", &NeedleAssumptions::alleged_16m},
    {"alleged_16m_accounts", "accounts of an evenly split campaign", &NeedleAssumptions::alleged_16m_accounts},
    {"alleged_28m8", "laid to a campaign of June 2026", &NeedleAssumptions::alleged_28m8},
    {"alleged_28m8_accounts", "accounts of the campaign alleged in June 2026",
     &NeedleAssumptions::alleged_28m8_accounts},
    {"alleged_28m8_days", "length of the campaign alleged in June 2026", &NeedleAssumptions::alleged_28m8_days},
    {"base_rate_false_alarms", "false positive rate of the base-rate example",
     &NeedleAssumptions::base_rate_false_alarms},
};

}  // namespace

void Describe(Describer& d, NeedleAssumptions& a) {
  for (const Row& row : kRows) d.Group(row.name, a.*row.entry, row.help);
}

std::vector<NamedAssumption> Entries(const NeedleAssumptions& a) {
  std::vector<NamedAssumption> entries;
  for (const Row& row : kRows) entries.push_back({row.name, row.help, &(a.*row.entry)});
  return entries;
}

Assumption& EntryOf(NeedleAssumptions& a, std::string_view name) {
  return a.*std::ranges::find(kRows, name, &Row::name)->entry;
}
const Assumption& EntryOf(const NeedleAssumptions& a, std::string_view name) {
  return a.*std::ranges::find(kRows, name, &Row::name)->entry;
}

bool IsOfAssumedTexts(std::string_view name) {
  constexpr std::string_view kNames[] = {"topic_concentration", "topic_zipf",     "topic_spread",
                                         "account_style",       "followup_share", "followup_spread",
                                         "distiller_topics",    "template_shift"};
  return std::ranges::find(kNames, name) != std::end(kNames);
}

}  // namespace retort
