"""The line reader: a small convolution stem, two bidirectional LSTMs, CTC.

Sized for two machines at once: training in bfloat16 on CPUs with AMX (few, dense convolutions; nothing depthwise,
no attention, which are slower there), and reading in float32 on one core by a pure-Rust runtime.
Input  `[n, 1, 48, w]`: ink 1, paper 0 (see `pixels.normalise`), w a multiple of 8.
Output `[n, w / 4, classes]`: log probabilities.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F


class ConvNorm(nn.Module):
    """Convolution, batch normalisation, rectifier."""

    def __init__(self, inputs, outputs, kernel, stride=1, padding=None):
        super().__init__()
        padding = kernel // 2 if padding is None else padding
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return F.relu(self.norm(self.conv(x)), inplace=True)


class Reader(nn.Module):
    def __init__(self, classes, stem=(24, 48, 96, 160, 256), hidden=160, dropout=0.1):
        super().__init__()
        a, b, c, d, e = stem
        self.config = {"classes": classes, "stem": list(stem), "hidden": hidden, "dropout": dropout}
        self.stem = nn.Sequential(
            ConvNorm(1, a, 5, 2),             # 24 x w/2
            ConvNorm(a, b, 3, 2),             # 12 x w/4
            ConvNorm(b, c, 3, (2, 1)),        # 6 x w/4
            ConvNorm(c, d, 3, (2, 1)),        # 3 x w/4
            ConvNorm(d, e, (3, 3), 1, (0, 1)),  # 1 x w/4
        )
        self.early_head = nn.Linear(e, classes)
        self.dropout = nn.Dropout(dropout)
        self.lstm1 = nn.LSTM(e, hidden, bidirectional=True, batch_first=True)
        self.lstm2 = nn.LSTM(2 * hidden, hidden, bidirectional=True, batch_first=True)
        self.head = nn.Linear(2 * hidden, classes)

    def features(self, x):
        return self.stem(x).squeeze(2).transpose(1, 2)

    def forward(self, x, early=False):
        """Log probabilities; with `early` also those of a head on the bare convolutions, which gets training going."""
        x = self.features(x)
        first = self.early_head(x) if early else None
        x, _ = self.lstm1(self.dropout(x))
        x, _ = self.lstm2(self.dropout(x))
        x = self.head(self.dropout(x))
        x = x.float().log_softmax(-1)
        return (x, first.float().log_softmax(-1)) if early else x
