"""Programs that are loops, as they are written in Python, and the same in C."""

from __future__ import annotations

import ctypes
import math
import subprocess
import tempfile
from pathlib import Path

import numpy as np


def lotka_volterra(a, b, c, d, x, y, dt, steps):
    """Runge-Kutta of order four."""
    for _ in range(steps):
        k1x, k1y = a * x - b * x * y, -c * y + d * x * y
        x2, y2 = x + 0.5 * dt * k1x, y + 0.5 * dt * k1y
        k2x, k2y = a * x2 - b * x2 * y2, -c * y2 + d * x2 * y2
        x3, y3 = x + 0.5 * dt * k2x, y + 0.5 * dt * k2y
        k3x, k3y = a * x3 - b * x3 * y3, -c * y3 + d * x3 * y3
        x4, y4 = x + dt * k3x, y + dt * k3y
        k4x, k4y = a * x4 - b * x4 * y4, -c * y4 + d * x4 * y4
        x += dt / 6 * (k1x + 2 * k2x + 2 * k3x + k4x)
        y += dt / 6 * (k1y + 2 * k2y + 2 * k3y + k4y)
    return x + y


def roots(a, count):
    """The sum of cube roots, each by Newton's method until it stands still."""
    total = 0.0
    for k in range(1, count + 1):
        x = a * k
        step = 1.0
        while abs(step) > 1e-12 * x:
            step = (x * x * x - a * k) / (3 * x * x)
            x -= step
        total += x
    return total


def fibonacci(n):
    """By recursion."""
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def determinant(a):
    """By recursion over minors."""
    n = a.shape[0]
    if n == 1:
        return a[0, 0]
    total, sign = 0.0, 1.0
    for j in range(n):
        minor = np.empty((n - 1, n - 1))
        for r in range(1, n):
            k = 0
            for c in range(n):
                if c != j:
                    minor[r - 1, k] = a[r, c]
                    k += 1
        total += sign * a[0, j] * determinant(minor)
        sign = -sign
    return total


def energy(x):
    """Of bodies that attract each other."""
    n, total = x.shape[0], 0.0
    for i in range(n):
        for j in range(i):
            dx, dy, dz = x[i, 0] - x[j, 0], x[i, 1] - x[j, 1], x[i, 2] - x[j, 2]
            total -= 1.0 / math.sqrt(dx * dx + dy * dy + dz * dz + 1e-3)
    return total


def oscillator(stiffness, end, tolerance):
    """van der Pol's, by Heun's method with steps of the size that the error allows."""
    x, v, t, dt = 2.0, 0.0, 0.0, 1e-3
    while t < end:
        if t + dt > end:
            dt = end - t
        a1 = stiffness * (1.0 - x * x) * v - x
        x1, v1 = x + dt * v, v + dt * a1
        a2 = stiffness * (1.0 - x1 * x1) * v1 - x1
        x2, v2 = x + 0.5 * dt * (v + v1), v + 0.5 * dt * (a1 + a2)
        error = math.sqrt((x2 - x1) ** 2 + (v2 - v1) ** 2)
        if error < tolerance:
            x, v, t = x2, v2, t + dt
        dt *= min(2.0, max(0.3, 0.9 * math.sqrt(tolerance / (error + 1e-300))))
    return x


C = r"""
#include <math.h>
#include <stdlib.h>
double lotka_volterra(double a,double b,double c,double d,double x,double y,double dt,long n){
  for(long i=0;i<n;i++){
    double k1x=a*x-b*x*y,k1y=-c*y+d*x*y, x2=x+0.5*dt*k1x,y2=y+0.5*dt*k1y;
    double k2x=a*x2-b*x2*y2,k2y=-c*y2+d*x2*y2, x3=x+0.5*dt*k2x,y3=y+0.5*dt*k2y;
    double k3x=a*x3-b*x3*y3,k3y=-c*y3+d*x3*y3, x4=x+dt*k3x,y4=y+dt*k3y;
    double k4x=a*x4-b*x4*y4,k4y=-c*y4+d*x4*y4;
    x+=dt/6*(k1x+2*k2x+2*k3x+k4x); y+=dt/6*(k1y+2*k2y+2*k3y+k4y); }
  return x+y; }
double roots(double a,long count){ double total=0;
  for(long k=1;k<=count;k++){ double x=a*k,step=1;
    while(fabs(step)>1e-12*x){ step=(x*x*x-a*k)/(3*x*x); x-=step; } total+=x; }
  return total; }
long fibonacci(long n){ return n<2?n:fibonacci(n-1)+fibonacci(n-2); }
double determinant(const double*a,long n){ if(n==1) return a[0]; double total=0,sign=1;
  for(long j=0;j<n;j++){ double*m=malloc((n-1)*(n-1)*sizeof(double));
    for(long r=1;r<n;r++){ long k=0; for(long c=0;c<n;c++) if(c!=j) m[(r-1)*(n-1)+k++]=a[r*n+c]; }
    total+=sign*a[j]*determinant(m,n-1); sign=-sign; free(m); }
  return total; }
double energy(const double*x,long n){ double total=0;
  for(long i=0;i<n;i++) for(long j=0;j<i;j++){ double dx=x[3*i]-x[3*j],dy=x[3*i+1]-x[3*j+1],dz=x[3*i+2]-x[3*j+2];
    total-=1.0/sqrt(dx*dx+dy*dy+dz*dz+1e-3); }
  return total; }
double oscillator(double m,double end,double tol){ double x=2,v=0,t=0,dt=1e-3;
  while(t<end){ if(t+dt>end) dt=end-t; double a1=m*(1-x*x)*v-x,x1=x+dt*v,v1=v+dt*a1,a2=m*(1-x1*x1)*v1-x1;
    double x2=x+0.5*dt*(v+v1),v2=v+0.5*dt*(a1+a2),e=sqrt((x2-x1)*(x2-x1)+(v2-v1)*(v2-v1));
    if(e<tol){ x=x2; v=v2; t+=dt; } dt*=fmin(2,fmax(0.3,0.9*sqrt(tol/(e+1e-300)))); }
  return x; }
"""


def library(*flags):
    """The C programs, compiled by gcc; None where there is none."""
    folder = Path(tempfile.mkdtemp())
    (folder / "loops.c").write_text(C)
    command = ["gcc", "-O3", "-march=native", *flags, "-shared", "-fPIC", "-o", str(folder / "loops.so")]
    try:
        subprocess.run([*command, str(folder / "loops.c"), "-lm"], check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    found = ctypes.CDLL(str(folder / "loops.so"))
    d, n, p = ctypes.c_double, ctypes.c_long, ctypes.c_void_p
    for name, result, given in (
        ("lotka_volterra", d, [d] * 7 + [n]), ("roots", d, [d, n]), ("fibonacci", n, [n]), ("determinant", d, [p, n]),
        ("energy", d, [p, n]), ("oscillator", d, [d] * 3),
    ):  # fmt: skip
        function = getattr(found, name)
        function.restype, function.argtypes = result, given
    return found
