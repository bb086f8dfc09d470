"""The same game in PyTorch: networks, losses, penalties, optimizers and averaging of `gan_core`, for comparison."""

import copy
import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from gan_core.compute.precision import resolve_policy
from gan_core.config import GanSettings
from gan_core.gan.network_sizes import coarsest_maps, doublings
from gan_core.images.shape import ImageShape


class Generator(nn.Module):
    """Latents float32 [N, latent] and one-hot classes float32 [N, K] to images float32 [N, C, height, width]."""

    def __init__(self, settings: GanSettings, shape: ImageShape, classes: int) -> None:
        super().__init__()
        width, fine = settings.generator_width, min(settings.generator_width, 64)
        coarse = coarsest_maps(shape)
        self.shape = (width, *coarse)
        widths = [width] * (doublings(shape) - 1) + [fine]
        self.embedding = nn.Linear(classes, settings.embedding_size, bias=False)
        self.seed_map = nn.Linear(settings.latent_size + settings.embedding_size, width * math.prod(coarse), bias=False)
        self.body = nn.Sequential(
            *(nn.BatchNorm2d(width), nn.ReLU()),
            *(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()),
            *(layer for each in pairwise(widths) for layer in self._doubling(*each)),
            *(nn.Conv2d(fine, 4 * shape.channels, 3, padding=1), nn.PixelShuffle(2)),
        )

    @staticmethod
    def _doubling(narrow: int, filters: int) -> tuple[nn.Module, ...]:
        convolution = nn.Conv2d(narrow, filters, 3, padding=1, bias=False)
        return nn.Upsample(scale_factor=2), convolution, nn.BatchNorm2d(filters), nn.ReLU()

    def forward(self, latents: Tensor, classes: Tensor) -> Tensor:
        maps = self.seed_map(torch.cat([latents, self.embedding(classes)], 1)).unflatten(1, self.shape)
        return torch.tanh(self.body(maps.contiguous(memory_format=torch.channels_last)).float())


class Discriminator(nn.Module):
    """Images float32 [N, C, height, width] and one-hot classes [N, K] to realness [N] and class logits [N, K]."""

    def __init__(self, settings: GanSettings, shape: ImageShape, classes: int) -> None:
        super().__init__()
        width, fine = settings.discriminator_width, min(settings.discriminator_width, 64)
        widths = [fine] + [width] * (doublings(shape) - 1)
        self.body = nn.Sequential(
            nn.PixelUnshuffle(2),
            *(nn.Conv2d(4 * shape.channels, fine, 3, padding=1), nn.LeakyReLU(0.2)),
            *(layer for each in pairwise(widths) for layer in self._halving(each[0], width)),
            nn.Flatten(),
            *(nn.Linear(width * math.prod(coarsest_maps(shape)), 128), nn.LeakyReLU(0.2)),
        )
        self.realness, self.class_head = nn.Linear(128, 1), nn.Linear(128, classes)
        self.embedding = nn.Linear(classes, 128, bias=False)

    @staticmethod
    def _halving(narrow: int, width: int) -> tuple[nn.Module, ...]:
        step_down = nn.PixelUnshuffle(2), nn.Conv2d(4 * narrow, width, 1), nn.LeakyReLU(0.2)
        return *step_down, nn.Conv2d(width, width, 3, padding=1), nn.LeakyReLU(0.2)

    def forward(self, images: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
        features = self.body(images.contiguous(memory_format=torch.channels_last)).float()
        with torch.autocast(images.device.type, enabled=False):
            projection = (self.embedding(classes) * features).sum(1)
            return self.realness(features).squeeze(1) + projection, self.class_head(features)


class Game:
    """`play_round` plays as many steps as this project's `Game` does in a round, `draw` draws a block of images."""

    def __init__(self, settings: GanSettings, images: Tensor, labels: Tensor, *, compiled: bool) -> None:
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        if self.device == "cuda":
            torch.backends.cudnn.benchmark = True  # tries which convolution is the fastest
            torch.set_float32_matmul_precision("high")  # TensorFloat-32, as TensorFlow has it
        self.settings, self.classes = settings, 10
        self.images, self.labels = images.to(self.device), labels.to(self.device)
        torch.manual_seed(0)
        shape, place = ImageShape(*images.shape[1:]), {"device": self.device, "memory_format": torch.channels_last}
        self.generator = Generator(settings, shape, self.classes).to(**place)
        self.discriminator = Discriminator(settings, shape, self.classes).to(**place)
        self.averaged = copy.deepcopy(self.generator)
        self.optimizers = [
            torch.optim.Adam(
                player.parameters(), settings.learning_rate, (settings.beta_1, settings.beta_2), fused=True
            )
            for player in (self.generator, self.discriminator)
        ]
        # a compiled network has no second derivative, so that the step with the penalty stays eager
        self.plain_discriminator = torch.compile(self.discriminator) if compiled else self.discriminator
        self.plain_generator = torch.compile(self.generator) if compiled else self.generator
        self.drawing_generator = torch.compile(self.averaged) if compiled else self.averaged

    def play_round(self) -> None:
        for number in range(self.settings.penalty_interval):
            self._step(penalised=number == self.settings.penalty_interval - 1)
        if self.device == "cuda":
            torch.cuda.synchronize()

    def _latents(self, count: int) -> Tensor:
        return torch.randn(count, self.settings.latent_size, device=self.device)

    def _arithmetic(self) -> torch.autocast:
        """That of this project: bfloat16 where the machine is fast in it."""
        return torch.autocast(
            self.device, torch.bfloat16, enabled=resolve_policy(self.settings.precision) == "mixed_bfloat16"
        )

    @torch.no_grad()
    def draw(self, count: int) -> Tensor:
        self.averaged.eval()
        labels = torch.arange(count, device=self.device) % self.classes
        with self._arithmetic():
            images = self.drawing_generator(self._latents(count), functional.one_hot(labels, self.classes).float())
        return ((images + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).cpu()

    def _step(self, *, penalised: bool) -> None:
        settings = self.settings
        chosen = torch.randint(len(self.images), (settings.batch_size,), device=self.device)
        real = self.images[chosen].permute(0, 3, 1, 2).float() / 127.5 - 1
        labels = self.labels[chosen]
        classes = functional.one_hot(labels, self.classes).float()
        generator = self.generator if penalised else self.plain_generator
        discriminator = self.discriminator if penalised else self.plain_discriminator
        with self._arithmetic():
            fake = generator(self._latents(settings.batch_size), classes)
            real_logits, real_classes = discriminator(real, classes)
            fake_logits, fake_classes = discriminator(fake, classes)
        cross_entropy = functional.cross_entropy
        generator_loss = functional.softplus(real_logits - fake_logits).mean()
        generator_loss = generator_loss + settings.class_head_weight * cross_entropy(fake_classes, labels)
        discriminator_loss = functional.softplus(fake_logits - real_logits).mean()
        discriminator_loss = discriminator_loss + settings.class_head_weight * cross_entropy(real_classes, labels)
        if penalised:
            discriminator_loss = discriminator_loss + self._penalty(real, fake.detach(), classes)
        for player, loss in ((self.discriminator, discriminator_loss), (self.generator, generator_loss)):
            weights = list(player.parameters())
            for weight, gradient in zip(weights, torch.autograd.grad(loss, weights, retain_graph=True), strict=True):
                weight.grad = gradient
        for optimizer in self.optimizers:
            optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(
                list(self.averaged.parameters()), list(self.generator.parameters()), 1 - settings.ema_decay
            )

    def _penalty(self, real: Tensor, fake: Tensor, classes: Tensor) -> Tensor:
        both = torch.cat([real, fake]).requires_grad_()
        with self._arithmetic():
            realness = self.discriminator(both, torch.cat([classes, classes]))[0].sum()
        (gradient,) = torch.autograd.grad(realness, both, create_graph=True)
        squared_norm = 2 * gradient.square().sum((1, 2, 3)).mean()
        return self.settings.penalty_interval * self.settings.penalty_weight / 2 * squared_norm
