// Programs of GradBench as templates over the number type, and their derivatives by the tape of tape.hpp.
#include "tape.hpp"

using std::vector;

template <class T> T lse(const T* x, int64_t n) {
    T highest = x[0];
    for (int64_t i = 1; i < n; i++)
        if (x[i] > highest) highest = x[i];
    T total = 0.0;
    for (int64_t i = 0; i < n; i++) total += exp(x[i] - highest);
    return highest + log(total);
}

template <class T> T llsq(const T* x, int64_t m, int64_t n) {
    T total = 0.0;
    for (int64_t i = 0; i < n; i++) {
        const double t = -1.0 + i * 2.0 / (n - 1.0);
        T residual = double((t > 0) - (t < 0));
        double power = 1.0;
        for (int64_t j = 0; j < m; j++) {
            residual -= x[j] * power;
            power *= t;
        }
        total += residual * residual;
    }
    return 0.5 * total;
}

template <class T> void slope(const T* x, const T* y, T* dy, int64_t n) {
    dy[0] = x[0];
    for (int64_t i = 1; i < n; i++) dy[i] = x[i] * y[i - 1];
}

template <class T> void ode(const T* x, int64_t n, int64_t s, T* y) {
    const double h = 2.0 / s;
    vector<T> k1(n), k2(n), k3(n), k4(n), at(n);
    for (int64_t step = 0; step < s; step++) {
        slope(x, y, k1.data(), n);
        for (int64_t i = 0; i < n; i++) at[i] = y[i] + h / 2 * k1[i];
        slope(x, at.data(), k2.data(), n);
        for (int64_t i = 0; i < n; i++) at[i] = y[i] + h / 2 * k2[i];
        slope(x, at.data(), k3.data(), n);
        for (int64_t i = 0; i < n; i++) at[i] = y[i] + h * k3[i];
        slope(x, at.data(), k4.data(), n);
        for (int64_t i = 0; i < n; i++) y[i] += h / 6 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
    }
}

template <class T> T sigmoid(const T& x) { return 1.0 / (1.0 + exp(-x)); }

template <class T>
T lstm(const T* main, const T* extra, const double* start, const double* sequence, int64_t l, int64_t b, int64_t c) {
    vector<T> state(start, start + 2 * l * b), x(b);
    T total = 0.0;
    for (int64_t t = 0; t + 1 < c; t++) {
        for (int64_t j = 0; j < b; j++) x[j] = sequence[t * b + j] * extra[j];
        for (int64_t i = 0; i < l; i++) {
            const T *w = main + 2 * i * 4 * b, *bias = w + 4 * b;
            T *hidden = &state[2 * i * b], *cell = hidden + b;
            for (int64_t j = 0; j < b; j++) {
                const T forget = sigmoid(x[j] * w[j] + bias[j]);
                const T ingate = sigmoid(hidden[j] * w[b + j] + bias[b + j]);
                const T outgate = sigmoid(x[j] * w[2 * b + j] + bias[2 * b + j]);
                const T change = tanh(hidden[j] * w[3 * b + j] + bias[3 * b + j]);
                cell[j] = cell[j] * forget + ingate * change;
                x[j] = hidden[j] = outgate * tanh(cell[j]);
            }
        }
        T sum = 2.0;
        for (int64_t j = 0; j < b; j++) {
            x[j] = x[j] * extra[b + j] + extra[2 * b + j];
            sum += exp(x[j]);
        }
        const T norm = log(sum);
        for (int64_t j = 0; j < b; j++) total += sequence[(t + 1) * b + j] * (x[j] - norm);
    }
    return -total / double(b * (c - 1));
}

template <class T> void residual(const T* camera, const T* point, const T& weight, const double* feature, T* error) {
    T centred[3], axis[3], squares = 0.0, along = 0.0;
    for (int i = 0; i < 3; i++) {
        centred[i] = point[i] - camera[3 + i];
        squares += camera[i] * camera[i];
    }
    const T angle = sqrt(squares), cosine = cos(angle), sine = sin(angle);
    for (int i = 0; i < 3; i++) {
        axis[i] = camera[i] / angle;
        along += axis[i] * centred[i];
    }
    along *= 1.0 - cosine;
    T seen[3];
    for (int i = 0; i < 3; i++) {
        const int j = (i + 1) % 3, k = (i + 2) % 3;
        seen[i] = centred[i] * cosine + (axis[j] * centred[k] - axis[k] * centred[j]) * sine + axis[i] * along;
    }
    const T u = seen[0] / seen[2], v = seen[1] / seen[2], radius = u * u + v * v;
    const T stretch = 1.0 + camera[9] * radius + camera[10] * radius * radius;
    error[0] = weight * (u * stretch * camera[6] + camera[7] - feature[0]);
    error[1] = weight * (v * stretch * camera[6] + camera[8] - feature[1]);
}

template <class T> T minor(const T* a, int64_t n, int64_t m, int64_t row, int64_t* following) {
    int64_t column = following[n], before = n;
    if (m == 1) return a[row * n + column];
    T total = 0.0;
    double sign = 1.0;
    for (int64_t i = 0; i < m; i++) {
        following[before] = following[column];
        total += sign * a[row * n + column] * minor(a, n, m - 1, row + 1, following);
        following[before] = column;
        before = column;
        column = following[column];
        sign = -sign;
    }
    return total;
}

template <class T> T det(const T* a, int64_t n) {
    vector<int64_t> following(n + 1);
    for (int64_t i = 0; i < n; i++) following[i] = i + 1;
    following[n] = 0;
    return minor(a, n, n, 0, following.data());
}

static vector<Real> inputs(const double* x, int64_t n) {
    vector<Real> found(n);
    for (int64_t i = 0; i < n; i++) found[i] = Real::input(x[i]);
    return found;
}

static void adjoints(const vector<Real>& of, double* into) {
    for (size_t i = 0; i < of.size(); i++) into[i] = tape.adjoints[of[i].index];
}

extern "C" {
double lse_value(const double* x, int64_t n) { return lse(x, n); }
void lse_gradient(const double* x, int64_t n, double* into) {
    tape.clear();
    auto a = inputs(x, n);
    tape.sweep(lse(a.data(), n).index);
    adjoints(a, into);
}
double llsq_value(const double* x, int64_t m, int64_t n) { return llsq(x, m, n); }
void llsq_gradient(const double* x, int64_t m, int64_t n, double* into) {
    tape.clear();
    auto a = inputs(x, m);
    tape.sweep(llsq(a.data(), m, n).index);
    adjoints(a, into);
}
void ode_value(const double* x, int64_t n, int64_t s, double* y) { ode(x, n, s, y); }
void ode_gradient(const double* x, int64_t n, int64_t s, double* into) {
    tape.clear();
    auto a = inputs(x, n);
    vector<Real> y(n);
    ode(a.data(), n, s, y.data());
    tape.sweep(y[n - 1].index);
    adjoints(a, into);
}
double lstm_value(const double* main, const double* extra, const double* state, const double* sequence, int64_t l,
                  int64_t b, int64_t c) {
    return lstm(main, extra, state, sequence, l, b, c);
}
void lstm_gradient(const double* main, const double* extra, const double* state, const double* sequence, int64_t l,
                   int64_t b, int64_t c, double* into) {
    tape.clear();
    auto m = inputs(main, 8 * l * b), e = inputs(extra, 3 * b);
    tape.sweep(lstm(m.data(), e.data(), state, sequence, l, b, c).index);
    adjoints(m, into);
    adjoints(e, into + 8 * l * b);
}
void ba_value(const double* cameras, const double* points, const double* weights, const double* features,
              const int64_t* camera, const int64_t* point, int64_t p, double* errors, double* weight_errors) {
    for (int64_t i = 0; i < p; i++) {
        residual(cameras + 11 * camera[i], points + 3 * point[i], weights[i], features + 2 * i, errors + 2 * i);
        weight_errors[i] = 1.0 - weights[i] * weights[i];
    }
}
void ba_jacobian(const double* cameras, const double* points, const double* weights, const double* features,
                 const int64_t* camera, const int64_t* point, int64_t p, double* values) {
    for (int64_t i = 0; i < p; i++) {
        tape.clear();
        auto c = inputs(cameras + 11 * camera[i], 11), x = inputs(points + 3 * point[i], 3);
        auto w = inputs(weights + i, 1);
        Real error[2];
        residual(c.data(), x.data(), w[0], features + 2 * i, error);
        for (int row = 0; row < 2; row++) {
            double* into = values + 30 * i + 15 * row;
            tape.sweep(error[row].index);
            adjoints(c, into);
            adjoints(x, into + 11);
            adjoints(w, into + 14);
        }
        values[30 * p + i] = -2.0 * weights[i];
    }
}
double det_value(const double* a, int64_t n) { return det(a, n); }
void det_gradient(const double* a, int64_t n, double* into) {
    tape.clear();
    auto x = inputs(a, n * n);
    tape.sweep(det(x.data(), n).index);
    adjoints(x, into);
}
}
