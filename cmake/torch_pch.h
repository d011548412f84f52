// What the torch rooms share. Not torch/torch.h: torch::nn, torch::optim and torch::data are not used, and cost half of
// the compile time.
#pragma once

#include <fmt/format.h>
static_assert(FMT_VERSION < 110000, "LibTorch's fmt shadows the system's: see cmake/RetortDependencies.cmake");

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/grad_mode.h>
#include <torch/csrc/autograd/variable.h>
