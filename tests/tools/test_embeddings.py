"""Embeddings: LangChain's standard tests, pictures in vector stores, and what they mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import InMemoryVectorStore, VectorStore
from langchain_tests.integration_tests import EmbeddingsIntegrationTests
from langchain_tests.unit_tests import EmbeddingsUnitTests
from PIL import Image

from mm_agent.errors import MediaDecodeError, MediaNotFound, MediaRefused
from mm_agent.media import MediaPolicy, MediaStore
from mm_agent.vision import SiglipEncoder
from mm_agent_tools import SiglipEmbeddings

PICTURES = ("two-cats.png", "one-dog.png", "rocket-and-moon.png", "three-apples.png", "robot.png")


class OnTheSmallEncoder:
    """What both standard suites are given."""

    params: dict[str, Any]

    @pytest.fixture(autouse=True)
    def _params(self, encoder: SiglipEncoder, store: MediaStore) -> None:
        self.params = {"encoder": encoder, "store": store}

    @property
    def embeddings_class(self) -> type[Embeddings]:
        return SiglipEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return self.params


class TestUnit(OnTheSmallEncoder, EmbeddingsUnitTests):
    """The unit suite."""


class TestIntegration(OnTheSmallEncoder, EmbeddingsIntegrationTests):
    """The integration suite."""


@pytest.fixture
def embeddings(encoder: SiglipEncoder, store: MediaStore) -> SiglipEmbeddings:
    return SiglipEmbeddings(encoder=encoder, store=store)


@pytest.fixture(scope="module")
def demo() -> SiglipEncoder:
    return SiglipEncoder.from_pretrained("demo", device="cpu", dtype="float32")


@pytest.fixture
def shelf(demo: SiglipEncoder, root: Path) -> tuple[SiglipEmbeddings, list[Document]]:
    """Embeddings with the demo weights, and the example pictures as documents."""
    folder = root / "examples"
    documents = [Document(f"image:{folder / name}", metadata={"name": name}) for name in PICTURES]
    return SiglipEmbeddings(encoder=demo, store=MediaStore(MediaPolicy(roots=(folder,)))), documents


def test_references_become_pictures_and_keep_their_places(
    embeddings: SiglipEmbeddings, encoder: SiglipEncoder, store: MediaStore, tmp_path: Path
) -> None:
    store.image("img-1").save(tmp_path / "a picture.png")
    documents = ["a cat", "image:img-1", f"image:{tmp_path / 'a picture.png'}", "image: a cat", "a cat"]
    vectors = embeddings.embed_documents(documents)
    picture = encoder.embed_images(store.image("img-1")).tolist()
    assert vectors[0] == vectors[4] == embeddings.embed_query("a cat")
    assert vectors[1] == vectors[2] == picture
    assert vectors[3] == embeddings.embed_query("image: a cat")
    assert vectors[0] is not vectors[4]
    assert embeddings.embed_documents([]) == []


async def test_pictures_by_every_kind_of_name_sync_and_async(
    embeddings: SiglipEmbeddings, encoder: SiglipEncoder, store: MediaStore
) -> None:
    region = encoder.embed_images(store.image("img-1@60,0,120,60")).tolist()
    assert embeddings.embed_image(["img-1@60,0,120,60"]) == [region]
    assert await embeddings.aembed_image(["img-1@60,0,120,60", "img-1"]) == embeddings.embed_image(
        ["img-1@60,0,120,60", "img-1"]
    )
    assert await embeddings.aembed_documents(["image:img-2"]) == embeddings.embed_image(["img-2"])


def test_the_media_policy_holds_and_nothing_gets_a_handle(
    embeddings: SiglipEmbeddings, store: MediaStore, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "red.png"
    Image.new("RGB", (20, 20), "red").save(outside)
    Image.new("RGB", (20, 20), "blue").save(tmp_path / "blue.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    embeddings.embed_image([str(tmp_path / "blue.png")])
    for reference, error in (
        (str(outside), MediaRefused),
        ("https://example.com/a.png", MediaRefused),
        ("http://127.0.0.1/a.png", MediaRefused),
        ("img-9", MediaNotFound),
        (str(tmp_path / "broken.png"), MediaDecodeError),
    ):
        with pytest.raises(error):
            embeddings.embed_documents([f"image:{reference}"])
    assert [item.handle for item in store.items()] == ["img-1", "img-2"]


def assert_finds(store: VectorStore) -> None:
    """A text finds the picture it fits, in English and Chinese."""
    for query, name in (
        ("a photo of a dog", "one-dog.png"),
        ("a robot", "robot.png"),
        ("火箭", "rocket-and-moon.png"),
        ("苹果", "three-apples.png"),
    ):
        best = store.similarity_search(query, k=1)[0]
        assert best.metadata["name"] == name, query
        assert best.page_content.startswith("image:")


def test_a_vector_store_holds_pictures(shelf: tuple[SiglipEmbeddings, list[Document]], root: Path) -> None:
    embeddings, documents = shelf
    store = InMemoryVectorStore(embeddings)
    store.add_documents(documents)
    assert_finds(store)
    (vector,) = embeddings.embed_image([str(root / "examples" / "two-cats.png")])
    (best,) = store.similarity_search_by_vector(vector, k=1)
    assert best.metadata["name"] == "two-cats.png"


async def test_a_vector_store_holds_pictures_async(shelf: tuple[SiglipEmbeddings, list[Document]]) -> None:
    embeddings, documents = shelf
    store = InMemoryVectorStore(embeddings)
    await store.aadd_documents(documents)
    (best,) = await store.asimilarity_search("a dog", k=1)
    assert best.metadata["name"] == "one-dog.png"


@pytest.mark.filterwarnings("ignore:.*langchain-community.*:DeprecationWarning")
def test_a_community_vector_store_holds_pictures_and_keeps_them(
    shelf: tuple[SiglipEmbeddings, list[Document]], tmp_path: Path
) -> None:
    from langchain_community.vectorstores import SKLearnVectorStore

    embeddings, documents = shelf
    path = str(tmp_path / "shelf.json")
    store = SKLearnVectorStore(embeddings, persist_path=path)
    store.add_documents(documents)
    store.persist()
    assert_finds(store)
    again = SKLearnVectorStore(embeddings, persist_path=path)
    assert again.similarity_search("a robot", k=1)[0].metadata["name"] == "robot.png"
