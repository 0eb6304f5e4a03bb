#pragma once
#include <nanomsg/nn.h>
#include <nanomsg/survey.h>
// The importer does not evaluate nanomsg's arithmetic macros.
static const int LH_NN_SURVEYOR = NN_SURVEYOR;
static const int LH_NN_RESPONDENT = NN_RESPONDENT;
