// A number that writes what is done with it to a tape: for each operation one or two arguments and partial derivatives.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

struct Entry {
    double da, db;
    int32_t a, b;
};

struct Tape {
    std::vector<Entry> entries;
    std::vector<double> adjoints;

    int32_t add(double da, int32_t a, double db, int32_t b) {
        entries.push_back({da, db, a, b});
        return static_cast<int32_t>(entries.size()) - 1;
    }
    void clear() {
        entries.clear();
        entries.push_back({0, 0, 0, 0});  // constants have the index 0
    }
    void sweep(int32_t from) {
        adjoints.assign(entries.size(), 0.0);
        adjoints[from] = 1.0;
        for (size_t i = entries.size(); i-- > 1;) {
            const double ct = adjoints[i];
            if (ct == 0.0) continue;
            const Entry& entry = entries[i];
            adjoints[entry.a] += entry.da * ct;
            adjoints[entry.b] += entry.db * ct;
        }
        adjoints[0] = 0.0;
    }
};

inline thread_local Tape tape;

struct Real {
    double value = 0.0;
    int32_t index = 0;
    Real() = default;
    Real(double v) : value(v) {}
    Real(double v, int32_t i) : value(v), index(i) {}
    static Real input(double v) { return {v, tape.add(0, 0, 0, 0)}; }
};

inline Real record(double v, const Real& a, double da) { return a.index ? Real(v, tape.add(da, a.index, 0, 0)) : Real(v); }
inline Real record(double v, const Real& a, double da, const Real& b, double db) {
    return a.index || b.index ? Real(v, tape.add(da, a.index, db, b.index)) : Real(v);
}

inline Real operator+(const Real& a, const Real& b) { return record(a.value + b.value, a, 1, b, 1); }
inline Real operator-(const Real& a, const Real& b) { return record(a.value - b.value, a, 1, b, -1); }
inline Real operator*(const Real& a, const Real& b) { return record(a.value * b.value, a, b.value, b, a.value); }
inline Real operator/(const Real& a, const Real& b) {
    const double y = a.value / b.value;
    return record(y, a, 1 / b.value, b, -y / b.value);
}
inline Real operator-(const Real& a) { return record(-a.value, a, -1); }
inline Real& operator+=(Real& a, const Real& b) { return a = a + b; }
inline Real& operator-=(Real& a, const Real& b) { return a = a - b; }
inline Real& operator*=(Real& a, const Real& b) { return a = a * b; }
inline bool operator<(const Real& a, const Real& b) { return a.value < b.value; }
inline bool operator>(const Real& a, const Real& b) { return a.value > b.value; }

inline Real exp(const Real& a) {
    const double y = std::exp(a.value);
    return record(y, a, y);
}
inline Real log(const Real& a) { return record(std::log(a.value), a, 1 / a.value); }
inline Real sqrt(const Real& a) {
    const double y = std::sqrt(a.value);
    return record(y, a, 0.5 / y);
}
inline Real sin(const Real& a) { return record(std::sin(a.value), a, std::cos(a.value)); }
inline Real cos(const Real& a) { return record(std::cos(a.value), a, -std::sin(a.value)); }
inline Real tanh(const Real& a) {
    const double y = std::tanh(a.value);
    return record(y, a, 1 - y * y);
}
