#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common_pch.h"
