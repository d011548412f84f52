// The constants of needle's model, by name. Nothing in population, attackers or campaigns is a number of its own: they
// all stand in configs/assumptions/needle.toml (a test reads these sources for others), so that a reader can doubt each
// and try another. What the provider chooses, the windows of its detectors, is no assumption but policy: detectors.h.
#pragma once

#include <vector>

#include "core/config/describe.h"
#include "teacher/provider/assumption.h"

namespace retort {

struct NeedleAssumptions {
  // Haystacks: accounts, and what honest people send.
  Assumption chat_accounts, api_accounts, debate_accounts, messages_a_week, horizon_days, honest_monthly_mean,
      honest_gamma_shape, honest_lognormal_sigma, honest_pareto_exponent, api_monthly_mean, api_gamma_shape;
  // What honest requests are about: positions in a space of eight text features.
  Assumption topic_concentration, topic_zipf, technical_share, api_technical_share, topic_spread, account_style,
      followup_share, followup_spread, day_shape;
  // Linkage: accounts that share an address, a payment or a template.
  Assumption linked_groups, group_exponent, payment_share, template_share, evaluator_share, evaluator_volume;
  // What a distiller sends.
  Assumption distiller_topics, template_shift, campaign_templates, attempts_per_sample, accepted_share, attacker_linked,
      link_dilution, camouflage_high, cap_quantile, reseller_quantile, reseller_share;
  // What things cost, and how the provider works.
  Assumption review_capacity, review_days, account_daily_limit, prompt_tokens, completion_tokens, input_price,
      output_price, account_price;
  // Marks on the axis of requests, and volumes of the campaigns.
  Assumption published_limo, published_s1k, published_sky_t1, published_r1_distill, alleged_150k, alleged_3m4,
      alleged_13m, alleged_16m, alleged_16m_accounts, alleged_28m8, alleged_28m8_accounts, alleged_28m8_days,
      base_rate_false_alarms;
};

void Describe(Describer& d, NeedleAssumptions& a);
std::vector<NamedAssumption> Entries(const NeedleAssumptions& a);  // in the order of the register
// One of them, which must be there.
Assumption& EntryOf(NeedleAssumptions& a, std::string_view name);
const Assumption& EntryOf(const NeedleAssumptions& a, std::string_view name);
// Of the entries that only assumed texts have a use for.
bool IsOfAssumedTexts(std::string_view name);

}  // namespace retort
