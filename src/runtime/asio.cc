// Asio's functions that are no templates, compiled here once for the whole room.
#include <boost/asio/impl/src.hpp>
